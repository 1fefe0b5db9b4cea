"""How tasks fail, what a failure stops, and what is remembered about it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mlbuild.diagnostics import Failure
from mlbuild.engine.decide.reasons import Reason
from mlbuild.engine.decide.stale import FailedBefore
from mlbuild.engine.execution.events import (
    NonDeterministic,
    TaskBlocked,
    TaskFailed,
)
from mlbuild.engine.graph import Job, Task
from tests.engine.tasks import (
    Project,
    boom,
    chain,
    file_task,
    forgetful,
    guard,
    interrupted,
    panic,
    sign,
    text_task,
    ticks,
    unlearnable,
)


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
    """A failure stops higher ranks, but not the tasks of the failed task's own rank."""
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
            "ValueError: part 'out' is not one of the task's parts",
            "ValueError",
        ),
        (text_task("t", "x", run=sign), "KeyError: 'of'", "KeyError"),
        (text_task("t", "x", parts=("out", "b", "c")), "the task did not produce its parts 'b', 'c'", None),
        (text_task("t", "x", run=forgetful), "the task did not produce its part 'out'", None),
    ],
    ids=["exception", "panic", "unpromised part", "undeclared slot", "missing parts", "empty target"],
)
def test_what_goes_wrong_in_a_task_is_its_failure(
    project: Project, task: Task, message: str, exception: str | None
) -> None:
    for _ in range(2):  # never remembered: the cause may be external
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
            "data", "file 'data.txt' does not exist or cannot be read", {"file": "data.txt"}
        )
        assert project.reasons("source:s") == [Reason("file missing", "data.txt")]
    project.write("data.txt", "a: one\n")
    assert project.build([source]).ran == ("source:s",)


def test_what_depends_on_a_missing_file_is_blocked(project: Project) -> None:
    tasks = [file_task(Path("data.txt"), "a"), text_task("joined", "text", "source:s/a")]
    assert project.build(tasks).blocked == ("joined",)


def test_a_file_that_changes_under_a_task_is_no_result(project: Project) -> None:
    project.write("data.txt", "a: one\n")
    source = replace(file_task(Path("data.txt"), "a"), run=meddle)
    failure = project.build([source]).failures["source:s"]
    assert failure == Failure("task", "file 'data.txt' changed while it was being read", {"file": "data.txt"})


def meddle(job: Job) -> None:
    job.write("a", b"one")
    with job.file("data").open("a") as file:
        file.write("b: two\n")


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
