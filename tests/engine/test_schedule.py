"""Which tasks run at once, in which order, with how many threads; and that none of this affects results."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from hypothesis import given, seed, settings
from hypothesis import strategies as st

from mlbuild.engine.decide.records import find_record
from mlbuild.engine.execution.events import NonDeterministic, TaskStarted
from mlbuild.engine.execution.executor import Heard, Inputs, Outcome, execute
from mlbuild.engine.graph import Job, Task
from mlbuild.engine.store.store import DiskStore
from tests import budget
from tests.engine.tasks import Project, boom, guard, say, text_task, ticks, unlearnable, unsteady
from tests.engine.test_law import Node, graphs, tasks


class ByHand:
    """An executor that runs a task when it is asked what has ended: of the submitted tasks, the one that `ends`
    names.

    `log` contains what was submitted, each with its threads, and in between what ended.
    """

    def __init__(self, project: Project, slots: int, ends: Sequence[str] = (), cores: int = 1) -> None:
        self.slots, self.cores = slots, cores
        self._project, self._ends = project, list(ends)
        self._running: dict[str, tuple[Task, Inputs, int]] = {}
        self.log: list[str] = []

    def submit(self, task: Task, inputs: Inputs, threads: int) -> None:
        assert len(self._running) < self.slots
        self._running[task.name] = (task, inputs, threads)
        self.log.append(f"{task.name}:{threads}")

    def wait(self, heard: Heard) -> list[tuple[str, Outcome]]:
        name = next((name for name in self._ends if name in self._running), next(iter(self._running)))
        if name in self._ends:
            self._ends.remove(name)
        task, inputs, threads = self._running.pop(name)
        self.log.append(f"{name} ends")
        return [
            (
                name,
                execute(
                    task,
                    inputs,
                    self._project.store.contents,
                    self._project.root,
                    threads,
                    partial(heard, name),
                ),
            )
        ]

    def close(self) -> None:
        assert not self._running


def log(
    project: Project, tasks: list[Task], slots: int, ends: Sequence[str] = (), cores: int = 1, **options: Any
) -> str:
    """Return what an executor was told in a build, on one line."""
    executor = ByHand(project, slots, ends, cores)
    project.build(tasks, executor=executor, **options)
    return ", ".join(executor.log)


def test_the_cores_are_shared_among_what_starts_together(project: Project) -> None:
    tasks = [text_task(name, name) for name in "abc"]
    assert log(project, [*tasks, text_task("d", "", "a/out")], 3, cores=8) == (
        "a:3, b:3, c:2, a ends, d:3, b ends, c ends, d ends"
    )


def test_one_that_runs_alone_has_all_cores_and_none_has_less_than_one(project: Project) -> None:
    assert log(project, [text_task("a", ""), text_task("b", "", "a/out")], 4, cores=8) == (
        "a:8, a ends, b:8, b ends"
    )
    project = Project(project.root)
    assert log(project, [text_task(name, name) for name in "abc"], 3, cores=2) == (
        "a:1, b:1, c:1, a ends, b ends, c ends"
    )


def test_a_higher_rank_waits_for_the_lower_ones_but_not_when_keeping_going(project: Project) -> None:
    tasks = [text_task("data", "d"), text_task("other", "o"), text_task("fit", "", "data/out", rank=1)]
    assert log(project, tasks, 2) == "data:1, other:1, data ends, other ends, fit:1, fit ends"
    project = Project(project.root)
    assert (
        log(project, tasks, 2, keep_going=True) == "data:1, other:1, data ends, fit:1, other ends, fit ends"
    )


def test_the_task_with_the_longest_way_to_the_end_runs_first(project: Project) -> None:
    """By the times of the previous build: `z` itself takes no time, but `slow` comes after it."""
    tasks = [text_task("a", "a"), text_task("b", "b"), text_task("z", "z"), text_task("slow", "", "z/out")]
    assert log(project, tasks, 2).startswith("a:1, b:1")
    project.store.local.keep_note("times", {"a": 1.0, "b": 2.0, "z": 0.0, "slow": 3.5, "gone": 9.0})
    assert log(project, tasks, 2, force=True).startswith("z:1, b:1, z ends, slow:1, b ends, a:1")
    assert log(project, tasks, 1, force=True).startswith("a:1, a ends, b:1")


def test_times_that_cannot_be_read_do_not_count(project: Project) -> None:
    notes: list[object] = [[], {"b": "slow"}, {"b": None}]
    for note in notes:
        project.store.local.keep_note("times", note)
        tasks = [text_task("a", "a"), text_task("b", "b"), text_task("c", "c")]
        assert log(project, tasks, 2, force=True).startswith("a:1, b:1")


def test_times_are_kept_for_the_next_build(project: Project) -> None:
    project.build([text_task("a", "a"), text_task("b", "b")])
    project.build([text_task("b", "other")])
    assert sorted(project.store.local.note("times")) == ["a", "b"]


def test_equal_tasks_run_once_even_where_both_could_run(project: Project) -> None:
    tasks = [text_task("a", "same"), text_task("b", "same"), text_task("c", "", "b/out")]
    assert log(project, tasks, 2) == "a:1, a ends, c:1, c ends"
    assert [event.task for event in project.told(TaskStarted)] == ["a", "c"]


def test_the_next_of_equal_tasks_runs_where_the_first_has_no_result(project: Project) -> None:
    tasks = [text_task(name, "", run=boom) for name in "ab"]
    assert log(project, tasks, 2) == "a:1, a ends, b:1, b ends"


def test_damage_lets_what_runs_come_to_its_end(on_disk: Project) -> None:
    first = [text_task("a", "a"), text_task("b", "b")]
    kept = on_disk.build(first)
    damaged = on_disk.store.contents.path(kept.actions["b"].parts["out"].digest)
    damaged.chmod(0o644)
    damaged.write_bytes(b"c")
    tasks = [*first, text_task("x", "x", "a/out"), text_task("y", "y", "b/out")]
    assert log(on_disk, tasks, 2, cores=2) == "x:1, x ends, b:2, b ends, y:2, y ends"


def test_a_build_that_checks_determinism_runs_each_task_twice(project: Project) -> None:
    ticks.clear()
    tasks = [text_task("a", "a"), text_task("t", "", run=unsteady), text_task("after", "", "t/out")]
    assert log(project, tasks, 1, cores=4, twice=True) == (
        "a:4, a ends, a:1, a ends, t:4, t ends, t:1, t ends, after:4, after ends, after:1, after ends"
    )
    assert project.told(NonDeterministic) == [NonDeterministic("t", ("out",))]
    result = project.build([*tasks[:1], text_task("u", "u", run=unsteady)], twice=True)
    assert (result.ok, result.reused, result.unsteady) == (True, ("a",), {"u": ("out",)})
    assert project.content(result, "u") == "3"


def test_a_verdict_is_checked_too_and_an_accident_is_not_repeated(project: Project) -> None:
    bad = text_task("bad", "bad")
    verdict = text_task("g", "", "bad/out", run=guard, params={"kind": "gate"})
    tasks = [bad, verdict, text_task("t", "", run=boom)]
    assert log(project, tasks, 1, twice=True, keep_going=True) == (
        "bad:1, bad ends, bad:2, bad ends, g:1, g ends, g:2, g ends, t:1, t ends"
    )
    assert project.told(NonDeterministic) == []


def test_a_task_that_fails_the_second_time_is_not_deterministic(project: Project) -> None:
    ticks.clear()
    result = project.build([text_task("t", "", run=once)], twice=True)
    assert (result.ok, result.unsteady) == (True, {"t": ()})


def once(job: Job) -> None:
    ticks.append(1)
    if len(ticks) > 1:
        unlearnable(job)
    say(job)


@seed(budget.seed())
@given(graphs, st.sampled_from([2, 3]), st.randoms(use_true_random=False), st.booleans())
@settings(max_examples=budget.examples(40, 2000), deadline=None)
def test_the_number_of_jobs_and_who_ends_first_show_nowhere(
    graph: list[Node], slots: int, random: Any, keep_going: bool
) -> None:
    """Outcomes, results and records are those of a build that runs one task after the other."""
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as many:
        alone, together = (Project(Path(folder), DiskStore.at(Path(folder))) for folder in (one, many))
        plain = distinct(tasks(alone, graph))
        expected = alone.build(plain, keep_going=keep_going)
        ends = [task.name for task in plain]
        random.shuffle(ends)
        executor = ByHand(together, slots, ends)
        found = together.build(distinct(tasks(together, graph)), executor=executor, keep_going=keep_going)
        for outcome in ("ran", "reused", "blocked", "failures"):
            assert getattr(found, outcome) == getattr(expected, outcome)
        for task in plain:
            assert facts(together, task) == facts(alone, task)


def distinct(tasks: list[Task]) -> list[Task]:
    """Return the tasks with different keys, because which of equal tasks runs depends on timing."""
    return [Task(**{**vars(task), "kind": task.name}) for task in tasks]


def facts(project: Project, task: Task) -> object:
    record = find_record(project.store.local, task.name)
    if record is None:
        return None
    action = project.store.actions.get(record.key)
    return record.ingredients, record.last and record.last.reasons, action["parts"], action["failure"]
