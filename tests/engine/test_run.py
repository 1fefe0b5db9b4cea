"""What a build runs, in which order, and which events it sends."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from mlbuild.diagnostics import Rejected
from mlbuild.engine.decide.reasons import Reason
from mlbuild.engine.decide.records import find_record
from mlbuild.engine.decide.stale import Stale
from mlbuild.engine.execution.events import (
    BuildFinished,
    BuildStarted,
    NonDeterministic,
    TaskDone,
    TaskReused,
    TaskStarted,
)
from mlbuild.engine.execution.executor import InProcess
from mlbuild.engine.graph import Input, Job, Task
from mlbuild.engine.queries.targets import match
from tests.engine.tasks import (
    Project,
    chain,
    plan,
    sign,
    text_task,
    unsteady,
)


def test_a_build_tells_its_course(project: Project) -> None:
    result = project.build(chain()[:2])
    assert [type(event) for event in project.events] == [
        BuildStarted,
        TaskStarted,
        TaskDone,
        TaskStarted,
        TaskDone,
        BuildFinished,
    ]
    assert project.events[0] == BuildStarted(result.build, 2)
    assert project.events[-1] == BuildFinished(result)
    assert re.fullmatch(r"\d{8}T\d{6}Z-[0-9a-f]{6}", result.build)
    assert result.ok and result.ran == ("a", "b") and result.reused == ()
    assert project.content(result, "b") == "b a"
    again = project.build(chain()[:2])
    assert again.reused == ("a", "b") and again.actions == result.actions
    assert project.told(TaskReused) == [TaskReused("a", result.build), TaskReused("b", result.build)]


def test_an_early_cutoff_stops_at_equal_parts(project: Project) -> None:
    parity = Task("p", "sign", sign, {"x": 1}, ("even", "notes/params.txt"), chain()[1].inputs)
    after = text_task("q", "q", "p/even")
    project.build([text_task("a", "12"), parity, after])
    assert project.build([text_task("a", "1234"), parity, after]).ran == ("a", "p")
    assert project.build([text_task("a", "123"), parity, after]).ran == ("a", "p", "q")


def test_only_what_targets_need_is_built(project: Project) -> None:
    assert project.build([*chain(), text_task("other", "x")], {"b"}).ran == ("a", "b")


def test_tasks_run_by_rank_then_by_name(project: Project) -> None:
    tasks = [
        text_task("late", "x", rank=2),
        text_task("zeta", "x1"),
        text_task("needs-late", "x2", "late/out"),
        text_task("alpha", "x3", rank=1),
        text_task("needs-zeta", "x4", "zeta/out"),
        text_task("beta", "x5", rank=1),
    ]
    assert project.build(tasks).ran == ("zeta", "needs-zeta", "alpha", "beta", "late", "needs-late")


def test_force_runs_the_targets_and_what_lies_between(project: Project) -> None:
    tasks = [*chain(), text_task("d", "d", "c/out")]
    project.build(tasks)
    assert project.build(tasks, {"b"}, force=True).ran == ("b",)
    assert project.build(tasks, {"a", "c"}, force=True).ran == ("a", "b", "c")
    assert project.build(tasks, match(plan(tasks), ["+b"]), force=True).ran == ("a", "b")
    assert project.build(tasks, force=True).ran == ("a", "b", "c", "d")
    assert isinstance(project.foresee(tasks, {"a"}, force=True)["a"], Stale)


def test_the_first_result_of_a_key_stands_and_a_second_one_is_told(project: Project) -> None:
    tasks = [text_task("t", "", run=unsteady), text_task("u", "u", "t/out")]
    first = project.build(tasks)
    forced = project.build(tasks, {"t"}, force=True)
    assert project.told(NonDeterministic) == [NonDeterministic("t", ("out",))]
    assert forced.actions["t"] == first.actions["t"]
    assert project.build(tasks).ran == ()


def test_why_a_task_last_ran_is_known_after_it(project: Project) -> None:
    project.build(chain())
    result = project.build([text_task("a", "A"), *chain()[1:]])
    project.build([text_task("a", "A"), *chain()[1:]])
    record = find_record(project.store.local, "a")
    assert record is not None and record.last is not None
    assert record.made == record.last.build == result.build
    assert record.last.reasons == (Reason("param", "text", was="a", now="A"),)
    assert find_record(project.store.local, "nowhere") is None


def test_a_task_gets_its_threads_and_its_inputs(project: Project) -> None:
    tasks = [text_task("a", "a"), Task("t", "k", look, {}, ("seen",), (Input("in", "a", ("out",)),))]
    three, one = (InProcess(project.store.contents, project.root, cores) for cores in (3, 1))
    assert project.content(project.build(tasks, executor=three), "t", "seen") == "3 ('out',) b'a' b'a'"
    assert project.build(tasks, executor=one).ran == ()


def look(job: Job) -> None:
    seen = f"{job.threads} {job.parts('in')} {job.read('in', 'out')!r} {job.path('in', 'out').read_bytes()!r}"
    job.write("seen", seen.encode())


def test_a_circle_is_named(project: Project) -> None:
    tasks = [text_task("x", "", "z/out"), text_task("y", "", "x/out"), text_task("z", "", "y/out")]
    with pytest.raises(Rejected, match="tasks depend on each other: 'x' -> 'y' -> 'z' -> 'x'") as caught:
        project.build([*tasks, text_task("free", "")])
    assert [problem.code for problem in caught.value.problems] == ["cycle"]


@pytest.mark.parametrize(
    ("tasks", "message"),
    [
        ([text_task("t", "", "nowhere/out")], "task 't' reads 'out', which 'nowhere' does not produce"),
        (
            [text_task("a", ""), text_task("t", "", "a/more")],
            "task 't' reads 'more', which 'a' does not produce",
        ),
        ([text_task("a", ""), text_task("t", "", "a/out", "a/out")], "task 't' reads 'out' twice as 'of'"),
        ([text_task("t", "", run=Project.told)], "the function of task 't' is not at the top level"),
    ],
)
def test_a_malformed_task_is_its_makers_mistake(project: Project, tasks: list[Task], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        project.build(tasks)


def test_an_empty_plan_is_built(project: Project) -> None:
    assert project.build([]).ok


def test_building_needs_no_heavy_library(tmp_path: Path) -> None:
    program = """
import sys
from pathlib import Path
from mlbuild.engine.store.store import DiskStore
from mlbuild.engine.queries.targets import select
from tests.engine.tasks import Project, plan, text_task

root = Path(sys.argv[1])
tasks = [text_task("a", "a"), text_task("b", "b", "a/out", exports="dist")]
for _ in range(2):
    Project(root, DiskStore.at(root)).build(tasks, select(plan(tasks), ["+b"]))
Project(root, DiskStore.at(root)).foresee(tasks)
heavy = {"networkx", "numpy", "polars", "yaml", "importlib.metadata"}
print((root / "dist" / "out").read_text(), sorted(heavy & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert (done.stdout, done.stderr) == ("b a []\n", "")
