"""What a build runs, in which order, what a failure stops, and what it tells."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from mlbuild.diagnostics import Failure, Rejected
from mlbuild.engine.events import (
    BuildFinished,
    BuildStarted,
    NonDeterministic,
    TaskBlocked,
    TaskDone,
    TaskFailed,
    TaskReused,
    TaskStarted,
)
from mlbuild.engine.graph import Input, Job, Task
from mlbuild.engine.reasons import Reason
from mlbuild.engine.records import find_record
from mlbuild.engine.stale import FailedBefore, Stale
from mlbuild.engine.targets import match
from tests.engine.tasks import (
    Project,
    boom,
    file_task,
    forgetful,
    guard,
    interrupted,
    panic,
    plan,
    sign,
    text_task,
    ticks,
    unlearnable,
    unsteady,
)


def chain() -> list[Task]:
    return [text_task("a", "a"), text_task("b", "b", "a/out"), text_task("c", "c", "b/out")]


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


def failing() -> list[Task]:
    return [
        text_task("source", "bad"),
        text_task("check:one", "", "source/out", run=guard, params={"kind": "data"}),
        text_task("check:two", "", "source/out", run=guard, params={"kind": "data", "n": 2}),
        text_task("data", "x1", "source/out"),
        text_task("after-check", "x2", "check:one/out"),
        text_task("fit", "x3", "data/out", rank=2),
    ]


def test_a_failure_lets_its_rank_end_and_starts_no_higher_one(project: Project) -> None:
    result = project.build(failing())
    assert not result.ok
    assert sorted(result.failures) == ["check:one", "check:two"]
    assert result.ran == ("source", "data")
    assert project.told(TaskBlocked) == [
        TaskBlocked("after-check", ("check:one",)),
        TaskBlocked("fit", ("check:one", "check:two")),
    ]


def test_a_task_has_the_rank_of_what_it_depends_on(project: Project) -> None:
    """A failure stops higher ranks: those of the failed task's own level go on."""
    tasks = [
        text_task("a", "bad", rank=2),
        text_task("b", "", "a/out", run=guard, params={"kind": "data"}, rank=0),
        text_task("c", "c", rank=2),
        text_task("d", "d", rank=3),
    ]
    result = project.build(tasks)
    assert (result.ran, result.blocked) == (("a", "c"), ("d",))


def test_keep_going_stops_only_what_depends_on_a_failure(project: Project) -> None:
    result = project.build(failing(), keep_going=True)
    assert (result.ran, result.blocked) == (("source", "data", "fit"), ("after-check",))


@pytest.mark.parametrize("kind", ["data", "gate", "parity"])
def test_a_verdict_is_told_again_and_not_found_again(project: Project, kind: str) -> None:
    tasks = [text_task("s", "bad"), text_task("g", "", "s/out", run=guard, params={"kind": kind})]
    first = project.build(tasks)
    failure = Failure(kind, "there is something bad", {"texts": ["bad"]})  # type: ignore[arg-type]  # of three
    assert project.told(TaskFailed) == [TaskFailed("g", failure)]
    second = project.build(tasks)
    assert project.told(TaskFailed) == [TaskFailed("g", failure, remembered=first.build)]
    assert second.ran == () and second.failures == {"g": failure}
    assert project.build([text_task("s", "fine"), tasks[1]]).ran == ("s", "g")
    assert project.reasons("g") == [Reason("input part", "s", "out")]
    third = project.build(tasks)
    assert third.failures == {"g": failure} and third.ran == ()


def test_a_forced_build_asks_again_for_a_verdict(project: Project) -> None:
    tasks = [text_task("s", "bad"), text_task("g", "", "s/out", run=guard, params={"kind": "gate"})]
    project.build(tasks)
    project.build(tasks, {"g"}, force=True)
    assert project.reasons("g") == [Reason("forced")]
    assert project.told(TaskFailed)[0].remembered is None
    assert project.told(NonDeterministic) == []


@pytest.mark.parametrize(
    ("task", "message", "exception"),
    [
        (text_task("t", "", run=boom), "ZeroDivisionError: one by zero", "ZeroDivisionError"),
        (text_task("t", "", run=panic), "Panic: index out of bounds", "Panic"),
        (
            text_task("t", "x", parts=("even",)),
            "ValueError: part 'out' is not one that the task promised",
            "ValueError",
        ),
        (text_task("t", "x", run=sign), "KeyError: 'of'", "KeyError"),
        (text_task("t", "x", parts=("out", "b", "c")), "the task did not give its parts 'b', 'c'", None),
        (text_task("t", "x", run=forgetful), "the task did not give its part 'out'", None),
    ],
    ids=["exception", "panic", "unpromised part", "undeclared slot", "missing parts", "empty target"],
)
def test_what_goes_wrong_in_a_task_is_its_failure(
    project: Project, task: Task, message: str, exception: str | None
) -> None:
    for _ in range(2):  # never remembered: the cause may lie outside
        failure = project.build([task, text_task("u", "x")]).failures["t"]
        assert (failure.kind, failure.message) == ("task", message)
        assert failure.details.get("exception") == exception
        assert project.reasons("t") == [Reason("never built", "t")]
    if exception:
        assert "Traceback" in failure.details["traceback"]
    assert not list((project.root / ".mlbuild" / "tmp").glob("*/*"))


def test_a_data_failure_can_come_from_anywhere(project: Project) -> None:
    failure = project.build([text_task("t", "", run=unlearnable)]).failures["t"]
    assert failure == Failure("data", "all values are missing", {"column": "temp"})


def test_an_interrupt_passes_and_leaves_a_right_store(project: Project) -> None:
    tasks = chain()
    with pytest.raises(KeyboardInterrupt):
        project.build([tasks[0], replace(tasks[1], run=interrupted), tasks[2]])
    result = project.build(tasks)
    assert (result.reused, result.ran) == (("a",), ("b", "c"))


def test_a_missing_file_is_a_data_failure_until_it_comes(project: Project) -> None:
    source = file_task(Path("data.txt"), "a")
    for _ in range(2):
        failure = project.build([source]).failures["source:s"]
        assert failure == Failure(
            "data", "there is no file 'data.txt' that can be read", {"file": "data.txt"}
        )
        assert project.reasons("source:s") == [Reason("file missing", "data.txt")]
    project.write("data.txt", "a: one\n")
    assert project.build([source]).ran == ("source:s",)


def test_a_file_that_changes_under_a_task_is_no_result(project: Project) -> None:
    project.write("data.txt", "a: one\n")
    source = replace(file_task(Path("data.txt"), "a"), run=meddle)
    failure = project.build([source]).failures["source:s"]
    assert failure == Failure("task", "file 'data.txt' changed while it was read", {"file": "data.txt"})


def meddle(job: Job) -> None:
    job.write("a", b"one")
    with job.file("data").open("a") as file:
        file.write("b: two\n")


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


def test_a_result_replaces_a_failure_that_does_not_return(project: Project) -> None:
    ticks.clear()
    task = text_task("t", "", run=third_time_lucky)
    project.build([task])
    assert project.build([task], force=True).failures
    assert isinstance(project.foresee([task])["t"], FailedBefore)
    assert project.build([task], force=True).ok
    assert project.told(NonDeterministic) == [NonDeterministic("t", ())]
    assert project.build([task]).reused == ("t",)


def third_time_lucky(job: Job) -> None:
    ticks.append(1)
    if len(ticks) < 3:
        unlearnable(job)
    job.write("out", b"learned")


def test_why_a_task_last_ran_is_known_after_it(project: Project) -> None:
    project.build(chain())
    result = project.build([text_task("a", "A"), *chain()[1:]])
    project.build([text_task("a", "A"), *chain()[1:]])
    record = find_record(project.store, "a")
    assert record is not None and record.last is not None
    assert record.made == record.last.build == result.build
    assert record.last.reasons == (Reason("param", "text", was="a", now="A"),)
    assert find_record(project.store, "nowhere") is None


def test_a_task_gets_its_threads_and_its_inputs(project: Project) -> None:
    tasks = [text_task("a", "a"), Task("t", "k", look, {}, ("seen",), (Input("in", "a", ("out",)),))]
    assert project.content(project.build(tasks, threads=3), "t", "seen") == "3 ('out',) b'a' b'a'"
    assert project.build(tasks, threads=1).ran == ()


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
        ([text_task("t", "", "nowhere/out")], "task 't' reads 'out', which 'nowhere' does not give"),
        (
            [text_task("a", ""), text_task("t", "", "a/more")],
            "task 't' reads 'more', which 'a' does not give",
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
from mlbuild.engine.store import DiskStore
from mlbuild.engine.targets import select
from tests.engine.tasks import Project, plan, text_task

root = Path(sys.argv[1])
tasks = [text_task("a", "a"), text_task("b", "b", "a/out", exports="dist")]
for _ in range(2):
    Project(root, DiskStore(root)).build(tasks, select(plan(tasks), ["+b"]))
Project(root, DiskStore(root)).foresee(tasks)
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
