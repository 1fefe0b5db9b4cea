"""The options of a build for running tasks, and what a build reports about tasks that die, print or are unsteady."""

from __future__ import annotations

import io
import itertools
import json

import pytest

from mlbuild.cli.output.building.progress import BuildPrinter
from mlbuild.cli.output.printing import Paint
from mlbuild.diagnostics import Failure
from mlbuild.engine.execution.events import (
    BuildStarted,
    Event,
    TaskDone,
    TaskFailed,
    TaskPrinted,
    TaskProgress,
    TaskStarted,
)
from mlbuild.engine.graph import Plan, Task
from mlbuild.pipeline.tasks import evaluate
from mlbuild.progress import Progress
from tests.cli.running import Command
from tests.projects import delays


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["-j", "0"], "argument -j/--jobs: '0' is not an integer >= 1"),
        (["-j", "two"], "argument -j/--jobs: 'two' is not an integer >= 1"),
        (["--memory-limit", "much"], "argument --memory-limit: 'much' is not a size, such as 500M or 2G"),
        (["--memory-limit", "0"], "argument --memory-limit: '0' is not a size, such as 500M or 2G"),
        (["--memory-limit", "-1G"], "argument --memory-limit: expected one argument"),
    ],
)
def test_what_is_no_number_is_refused(mlbuild: Command, words: list[str], told: str) -> None:
    done = mlbuild("build", *words)
    assert done.code == 2 and told in done.err


def test_the_number_of_jobs_can_come_from_the_environment(
    mlbuild: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    delays(mlbuild.folder)
    monkeypatch.setenv("MLBUILD_JOBS", "many")
    done = mlbuild("build")
    assert (done.code, done.err) == (2, "mlbuild: MLBUILD_JOBS: 'many' is not an integer >= 1\n")


def test_a_memory_limit_fails_what_needs_more_by_name(mlbuild: Command) -> None:
    delays(mlbuild.folder)
    done = mlbuild("build", "source:planes", "--memory-limit", "30M")
    assert done.code == 1
    assert "failed  source:planes: out of memory: the limit is 30 MiB, " in done.err


def test_a_build_in_workers_ships_the_same_files(mlbuild: Command) -> None:
    delays(mlbuild.folder)
    folder = mlbuild.folder / "dist/late"
    shipped = []
    for words in (["-j", "1"], ["-j", "2", "--force", "--check-determinism"]):
        done = mlbuild("build", "--json", "-q", *words)
        document = json.loads(done.out)
        assert (done.code, done.err, document["unsteady"]) == (0, "", {})
        shipped.append({file.name: file.read_bytes() for file in folder.iterdir()})
    assert shipped[0] == shipped[1]


def test_what_differs_when_it_runs_again_ends_with_exit_1(
    mlbuild: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    delays(mlbuild.folder)
    ticks = itertools.count()
    monkeypatch.setattr(evaluate, "evaluate", lambda metrics, *_: {one.label: next(ticks) for one in metrics})
    done = mlbuild("build", "evaluate:late", "--check-determinism")
    assert done.code == 1
    assert (
        "warning  evaluate:late is not deterministic: the same inputs gave different results: metrics.json\n"
        in done.err
    )
    assert mlbuild("build", "evaluate:late", "--check-determinism").code == 0


PLAN = Plan({"t": Task(name="t", kind="t", run=print, params={}, parts=())})


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def lines(stream: io.StringIO, *events: Event, verbose: bool = False) -> str:
    progress = BuildPrinter(stream, Paint(io.StringIO(), True), quiet=False, verbose=verbose, plan=PLAN)
    for event in events:
        progress(event)
    return stream.getvalue()


def test_what_a_task_prints_is_shown_with_its_failure_or_when_asked_for() -> None:
    text = "".join(f"line {number}\n" for number in range(30)) + "\x1b[2J"
    started: list[Event] = [TaskStarted("t", ()), TaskPrinted("t", text)]
    failed = lines(io.StringIO(), *started, TaskFailed("t", Failure("task", "it broke")))
    assert failed.splitlines()[0] == "   failed  t: it broke"
    assert failed.splitlines()[1] == "           | line 11"
    assert len(failed.splitlines()) == 21 and "\x1b" not in failed
    done = [*started, TaskDone("t", 1.0, ())]
    assert lines(io.StringIO(), *done) == "      ran  t (1.00 s)\n"
    assert "           | line 29\n" in lines(io.StringIO(), *done, verbose=True)


def test_how_far_a_task_has_come_is_shown_in_the_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "200")
    events: list[Event] = [
        BuildStarted("b", 4),
        *(TaskStarted(name, ()) for name in "xy"),
        TaskProgress("x", Progress(120, 200, "rounds")),
        TaskProgress("y", Progress(1_299_999, None, "rows")),
        TaskProgress("x", Progress(121, 200, "rounds")),
        TaskDone("x", 1.0, ()),
        TaskProgress("y", Progress(1_300_000, 12_345_678, "rows")),
    ]
    bars = lines(Terminal(), *events).replace("\r\x1b[K", "|").split("|")
    assert [bar.partition("] ")[2] for bar in bars if bar.startswith("[")][2:] == [
        "0/4 x 120/200 rounds, y",
        "0/4 x 120/200 rounds, y 1.2M rows",
        "0/4 x 121/200 rounds, y 1.2M rows",
        "1/4 y 1.2M rows",
        "1/4 y 1.3M/12.3M rows",
    ]


def test_elsewhere_a_long_task_gets_a_line_from_time_to_time() -> None:
    stream, now = io.StringIO(), [0.0]
    printer = BuildPrinter(stream, Paint(stream), quiet=False, verbose=False, plan=PLAN, clock=lambda: now[0])
    printer(BuildStarted("b", 4))
    printer(TaskStarted("x", ()))
    for second in range(100):
        now[0] = second
        printer(TaskProgress("x", Progress(second, 100, "rounds")))
    assert stream.getvalue().splitlines() == [f"  running  x {done}/100 rounds" for done in (30, 60, 90)]


def test_the_bar_names_all_that_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    told = lines(
        Terminal(), BuildStarted("b", 4), *(TaskStarted(name, ()) for name in "xy"), TaskDone("x", 1.0, ())
    )
    bars = told.replace("\r\x1b[K", "|").split("|")
    assert bars[1:] == [
        "[....................] 0/4 x",
        "[....................] 0/4 x, y",
        "      ran  x (1.00 s)\n",
        "[#####...............] 1/4 y",
    ]
