"""A task that asks something outside: its answer is its result until the next look is due."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mlbuild.diagnostics import Failed, Failure
from mlbuild.engine.decide.external import Clock
from mlbuild.engine.decide.looks import Looks, find_look, keep_look
from mlbuild.engine.decide.reasons import Reason
from mlbuild.engine.decide.records import Action, Part, find_record
from mlbuild.engine.decide.stale import Fresh, Stale, Unsure
from mlbuild.engine.execution.events import TaskStarted
from mlbuild.engine.graph import FORMER, Job, Task
from mlbuild.frozen import frozen
from tests.engine.memory import memory_store
from tests.engine.tasks import Project, text_task
from tests.engine.test_damage import spoil

HOUR = 3600


@frozen
class Oracle:
    """A folder outside with an answer and a version of it. It counts how often it was asked for either."""

    folder: Path
    refresh: int | None = 0
    called: str = "the oracle"
    place: str = "Delphi"

    def says(self, answer: str, version: str = "") -> None:
        self.folder.mkdir(exist_ok=True)
        (self.folder / "answer").write_text(answer)
        (self.folder / "version").write_text(version)

    def ask(self, what: str) -> str:
        count = self.folder / f"{what}s"
        count.write_text(str(self.asked(what) + 1))
        return (self.folder / what).read_text()

    def asked(self, what: str = "answer") -> int:
        count = self.folder / f"{what}s"
        return int(count.read_text()) if count.exists() else 0


def ask(job: Job) -> None:
    version = job.outside.ask("version")
    if version == "angry":
        raise Failed(Failure("data", "the oracle does not answer"))
    if version and job.parts(FORMER) and job.read(FORMER, "version").decode() == version:
        job.reuse("out", FORMER)
    else:
        job.write("out", job.outside.ask("answer").encode())
    job.write("version", version.encode())


@pytest.fixture
def oracle(tmp_path: Path) -> Oracle:
    found = Oracle(tmp_path / "far")
    found.says("one")
    return found


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "project", memory_store(tmp_path / "project"))


def tasks(oracle: Oracle, question: str = "who?") -> list[Task]:
    params = {"question": question}
    fetch = Task("f", "fetch", ask, params, ("out", "version"), outside=oracle)
    return [fetch, text_task("t", "read:", "f/out")]


def ran(project: Project, oracle: Oracle, question: str = "who?", **options: Any) -> list[str]:
    result = project.build(tasks(oracle, question), **options)
    assert result.ok, result.failures
    return [event.task for event in project.told(TaskStarted)]


def later(seconds: float) -> Looks:
    return Looks(now=Looks().now + seconds)


def test_it_looks_in_each_build_and_equal_answers_rerun_nothing(project: Project, oracle: Oracle) -> None:
    assert ran(project, oracle) == ["f", "t"]
    assert ran(project, oracle) == ["f"]
    oracle.says("two")
    assert ran(project, oracle) == ["f", "t"]
    oracle.says("one")  # known, but it has to ask to find out
    assert ran(project, oracle) == ["f"]
    assert oracle.asked() == 4


def test_it_looks_again_when_the_last_look_is_too_old(project: Project, oracle: Oracle) -> None:
    hourly = replace(oracle, refresh=HOUR)
    assert ran(project, hourly) == ["f", "t"]
    assert ran(project, hourly, looks=later(HOUR - 60)) == []
    assert ran(project, hourly, looks=later(HOUR)) == ["f"]
    (reason,) = project.reasons("f")
    assert (reason.what, reason.where, reason.now) == ("refresh", "the oracle", HOUR)
    # A clock that was set back: nobody knows how old the answer is.
    assert ran(project, hourly, looks=later(-HOUR)) == ["f"]
    never = replace(oracle, refresh=None)
    assert ran(project, never, looks=later(HOUR * 10_000)) == []


@pytest.mark.parametrize("refresh", [0, HOUR, None])
@pytest.mark.parametrize("at", [1e300, -1e300, 1e12, -5.0, math.inf, math.nan, 10**400, True, "0"])
def test_a_look_at_an_impossible_time_is_none(
    project: Project, oracle: Oracle, at: Any, refresh: int | None
) -> None:
    asked = replace(oracle, refresh=refresh)
    assert ran(project, asked) == ["f", "t"]
    last = find_look(project.store.local, "f")
    assert last is not None
    keep_look(project.store.local, "f", replace(last, at=at))
    assert find_look(project.store.local, "f") is None
    assert ran(project, asked) == ["f"]


def test_it_looks_at_once_if_asked_to_or_if_the_question_or_the_place_differs(
    project: Project, oracle: Oracle
) -> None:
    never = replace(oracle, refresh=None)
    assert ran(project, never) == ["f", "t"]
    assert ran(project, never, looks=Looks("now")) == ["f"]
    assert project.reasons("f")[0].now is None
    assert ran(project, replace(never, place="Dodona")) == ["f"]
    assert project.reasons("f") == [Reason("place", "f")]
    assert ran(project, replace(never, place="Dodona"), "when?") == ["f"]
    assert [reason.what for reason in project.reasons("f")] == ["param"]
    assert ran(project, replace(never, place="Dodona"), "when?", force=True, targets={"f"}) == ["f"]


def test_it_does_not_ask_for_an_answer_of_a_known_version(project: Project, oracle: Oracle) -> None:
    oracle.says("one", "v1")
    assert ran(project, oracle) == ["f", "t"]
    assert ran(project, oracle) == ["f"]
    assert (oracle.asked("version"), oracle.asked()) == (2, 1)
    oracle.says("two", "v2")
    assert ran(project, oracle) == ["f", "t"]
    # Another question: the version belongs to the former one.
    assert ran(project, oracle, "when?") == ["f"]
    assert oracle.asked() == 3


def test_offline_uses_the_last_answer(project: Project, oracle: Oracle) -> None:
    offline = Looks("never")
    (failure,) = project.build(tasks(oracle), looks=offline).failures.values()
    assert (failure.kind, failure.message) == (
        "store",
        "no data fetched from 'the oracle' is in the store",
    )
    found = project.foresee(tasks(oracle), looks=offline)["f"]
    assert isinstance(found, Stale) and found.reasons == (Reason("not fetched", "the oracle"),)
    assert ran(project, oracle) == ["f", "t"]
    oracle.says("two")
    assert ran(project, oracle, looks=offline) == []
    # Not for another question, nor from another place.
    assert not project.build(tasks(oracle, "when?"), looks=offline).ok
    assert not project.build(tasks(replace(oracle, place="Dodona")), looks=offline).ok
    assert oracle.asked() == 1


def test_a_plan_says_that_the_world_decides(project: Project, oracle: Oracle) -> None:
    ran(project, oracle)
    found = project.foresee(tasks(oracle))
    assert isinstance(found["f"], Stale) and isinstance(found["t"], Unsure)
    assert {type(one) for one in project.foresee(tasks(oracle), looks=Looks("never")).values()} == {Fresh}
    assert oracle.asked() == 1


def test_a_failed_look_is_tried_again_and_keeps_the_last_answer(project: Project, oracle: Oracle) -> None:
    ran(project, oracle)
    oracle.says("two", "angry")
    for _ in range(2):
        (failure,) = project.build(tasks(oracle)).failures.values()
        assert failure.message == "the oracle does not answer"
    assert oracle.asked("version") == 3
    assert ran(project, oracle, looks=Looks("never")) == []


def test_an_answer_that_was_lost_is_asked_for_again(on_disk: Project, oracle: Oracle) -> None:
    never = replace(oracle, refresh=None)
    result = on_disk.build(tasks(never))
    spoil(on_disk.store.contents.path(result.actions["f"].parts["out"].digest))
    assert ran(on_disk, never, force=True, targets={"t"}) == ["f", "t"]
    assert oracle.asked() == 2


def test_a_build_can_be_told_which_answer_to_use(project: Project, oracle: Oracle) -> None:
    ran(project, oracle)
    first = project.build(tasks(oracle)).actions["f"]
    oracle.says("two")
    assert ran(project, oracle) == ["f", "t"]
    unknown = Action(
        "locked", 0.0, {name: Part(part.digest, part.size) for name, part in first.parts.items()}
    )
    result = project.build(tasks(oracle), looks=Looks("never", pinned={"f": unknown}))
    assert project.content(result, "t") == "read: one"
    assert result.actions["f"] == first
    # The last look stays what it was.
    assert project.content(project.build(tasks(oracle), looks=Looks("never")), "t") == "read: two"
    found = project.build(tasks(replace(oracle, refresh=HOUR)))
    assert project.content(found, "t") == "read: two"


def test_two_tasks_that_ask_the_same_in_different_places_both_ask(project: Project, oracle: Oracle) -> None:
    other = replace(oracle, folder=oracle.folder.parent / "other", place="Dodona")
    other.says("three")
    fetch, reader = tasks(oracle)
    asking = [fetch, replace(fetch, name="g", outside=other), reader, text_task("u", "read:", "g/out")]
    result = project.build(asking)
    assert [project.content(result, name) for name in "tu"] == ["read: one", "read: three"]


def test_the_outside_is_in_no_record(project: Project, oracle: Oracle) -> None:
    ran(project, oracle)
    look, record = find_look(project.store.local, "f"), find_record(project.store.local, "f")
    assert look is not None and record is not None
    assert str(oracle.folder) not in f"{look} {record}"
    assert record.ingredients.answer == look.answer


def test_it_looks_once_although_a_content_was_damaged(on_disk: Project, oracle: Oracle) -> None:
    """The build makes another pass over all tasks."""
    asking = [text_task("s", "text"), *tasks(oracle)]
    result = on_disk.build(asking)
    spoil(on_disk.store.contents.path(result.actions["s"].parts["out"].digest))
    oracle.says("two")
    assert on_disk.build([*asking, text_task("u", "read:", "s/out")]).ran == ("f", "s", "t", "u")
    assert oracle.asked() == 2


# The clock


def strike(job: Job) -> None:
    """Tell the hour, which holds until the next one, up to the last hour of the parameters."""
    now, last = job.outside.now, job.params["last"]
    hour = 0 if now is None else min(int(now // HOUR), last)
    if now is not None and hour < last:
        job.until((hour + 5) * HOUR)
        job.until((hour + 1) * HOUR)  # the earliest of several counts
    job.write("out", b"no time" if now is None else b"hour %d" % hour)


def clock(last: int = 99) -> list[Task]:
    struck = Task("c", "clock", strike, {"last": last}, ("out",), outside=Clock())
    return [struck, text_task("t", "it strikes", "c/out")]


def struck(project: Project, hours: float, last: int = 99, **options: Any) -> list[str]:
    """Return what ran, and what the reader of the clock has read."""
    result = project.build(clock(last), looks=Looks(now=hours * HOUR, **options))
    assert result.ok, result.failures
    return [*(event.task for event in project.told(TaskStarted)), project.content(result, "t")]


def test_the_clock_is_asked_when_its_answer_no_longer_holds(project: Project) -> None:
    assert struck(project, 3.5) == ["c", "t", "it strikes hour 3"]
    assert struck(project, 3.5) == struck(project, 3.99) == ["it strikes hour 3"]
    assert struck(project, 4) == ["c", "t", "it strikes hour 4"]
    (reason,) = project.reasons("c")
    assert (reason.what, reason.where) == ("expired", "the clock")
    assert (reason.was, reason.now) == ("1970-01-01T03:30:00+00:00", "1970-01-01T04:00:00+00:00")
    # A clock that was set back.
    assert struck(project, 3.9) == ["c", "it strikes hour 3"]
    assert struck(project, 3.8) == ["c", "it strikes hour 3"]
    # Another question.
    assert struck(project, 3.8, last=3) == ["c", "it strikes hour 3"]
    # An answer that holds for ever.
    assert struck(project, 1e6, last=3) == ["it strikes hour 3"]
    last_look = find_look(project.store.local, "c")
    assert last_look is not None and last_look.until is None


def test_a_lost_look_at_the_clock_is_made_again(project: Project) -> None:
    struck(project, 3.5)
    last = find_look(project.store.local, "c")
    assert last is not None
    wrong: tuple[Any, ...] = (True, "4", math.nan, -1.0, 1e300, [])
    for until in wrong:
        keep_look(project.store.local, "c", replace(last, until=until))
        assert find_look(project.store.local, "c") is None
        assert struck(project, 3.5) == ["c", "it strikes hour 3"]


def test_a_time_beyond_all_looks_is_never(project: Project) -> None:
    assert struck(project, 2_700_000, last=10**9) == ["c", "t", "it strikes hour 2700000"]
    last = find_look(project.store.local, "c")
    assert last is not None and last.until == 2_700_001 * HOUR
    assert struck(project, 2_777_777.5, last=10**9) == ["c", "t", "it strikes hour 2777777"]
    last = find_look(project.store.local, "c")
    assert last is not None and last.until is None  # later than what a look can say


def test_a_timeless_build_neither_asks_nor_remembers_the_time(project: Project) -> None:
    struck(project, 3.5)
    before = find_look(project.store.local, "c")
    assert struck(project, 5, timeless=True, when="never") == ["c", "t", "it strikes no time"]
    assert struck(project, 6, timeless=True, when="never") == ["it strikes no time"]
    assert find_look(project.store.local, "c") == before
    assert struck(project, 3.6) == ["it strikes hour 3"]


def test_the_clock_needs_no_connection(project: Project) -> None:
    assert struck(project, 3.5, when="never") == ["c", "t", "it strikes hour 3"]
    assert struck(project, 4.5, when="never") == ["c", "t", "it strikes hour 4"]
    assert struck(project, 4.6, when="now") == ["it strikes hour 4"]


def test_a_plan_knows_how_long_the_answer_of_the_clock_holds(project: Project) -> None:
    struck(project, 3.5)
    found = project.foresee(clock(), looks=Looks(now=3.9 * HOUR))
    assert {type(one) for one in found.values()} == {Fresh}
    found = project.foresee(clock(), looks=Looks(now=4.1 * HOUR))
    assert isinstance(found["c"], Stale) and isinstance(found["t"], Unsure)


def test_both_runs_of_a_task_get_the_same_time(project: Project) -> None:
    assert project.build(clock(), looks=Looks(now=3.5 * HOUR), twice=True).unsteady == {}


def test_workers_get_the_time(on_disk: Project) -> None:
    result = on_disk.build(clock(), looks=Looks(now=3.5 * HOUR), executor=on_disk.workers())
    assert on_disk.content(result, "t") == "it strikes hour 3"
