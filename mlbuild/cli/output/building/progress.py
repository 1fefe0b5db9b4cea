"""The progress of a build: one line per task and, on a terminal, the running tasks."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TextIO

from mlbuild.cli.output.building.reasons import reasons_text, waiting_text
from mlbuild.cli.output.printing import Paint, page, put, seconds_text
from mlbuild.data.faults import failure_lines
from mlbuild.engine.execution.events import (
    BuildFinished,
    BuildStarted,
    BuildWaiting,
    Event,
    NonDeterministic,
    StoreBrought,
    TaskBlocked,
    TaskDone,
    TaskFailed,
    TaskPrinted,
    TaskProgress,
    TaskRestored,
    TaskReused,
    TaskStarted,
)
from mlbuild.engine.graph import Plan
from mlbuild.engine.queries.affected import affected_lines
from mlbuild.progress import Progress
from mlbuild.shown import line, told

_CLEAR = "\r\x1b[K"
#: The number of lines that are shown of the output of a task, from its end.
_PRINTED = 20
#: The seconds after which a line tells how far a task has come, where no bar is shown.
_LONG = 30.0
#: How many blocked tasks are named without --verbose.
_NAMED = 3


class LastLine:
    """The last line of a terminal, which is overwritten. Where that is not possible, nothing is shown."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self.possible = _watched(stream)

    def show(self, text: str) -> None:
        if self.possible:
            width = shutil.get_terminal_size().columns
            put(self._stream, _CLEAR + line(text if len(text) < width else text[: width - 4] + "..."))

    def clear(self) -> None:
        put(self._stream, _CLEAR if self.possible else "")


class BuildPrinter:
    """A listener that writes lines. On a terminal, the last line is a bar that is overwritten.

    Elsewhere, a task that takes long gets a line about its progress from time to time. The `plan` says what a failure
    affects.
    """

    def __init__(
        self,
        stream: TextIO | None,
        paint: Paint,
        quiet: bool,
        verbose: bool,
        plan: Plan,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream, self._paint, self._quiet, self._verbose = stream, paint, quiet, verbose
        self._last = LastLine(None if quiet else stream)
        self._plan, self._clock = plan, clock
        self._total = self._settled = 0
        self._running: dict[str, _Running] = {}
        self._blocked: dict[tuple[str, ...], list[str]] = {}

    def __call__(self, event: Event) -> None:
        self._tell(event)
        if self._running:
            self._bar()

    def _tell(self, event: Event) -> None:
        match event:
            case BuildWaiting(holder=holder):
                self._write([waiting_text(holder)], always=True)
            case StoreBrought():
                told = "'.mlbuild' was created elsewhere, such as in a clone or a copy, and is not used"
                self._write([f"{self._paint('warning', '  warning')}  {told}"], always=True)
            case BuildStarted(tasks=total):
                self._total = total
            case TaskStarted(task=task):
                self._running[task] = _Running(due=self._clock() + _LONG)
            case TaskProgress(task=task, progress=progress):
                self._progress(task, progress)
            case TaskPrinted(task=task, text=text):
                self._running[task].printed = text
            case TaskDone(task=task, seconds=seconds, reasons=reasons):
                self._line("ok", "ran", f"{task} ({seconds_text(seconds)})  {reasons_text(reasons)}")
                self._printed(task, unless=not self._verbose)
            case TaskReused(task=task, made=made):
                self._line("dim", "reused", f"{task} (build {made})", unless=not self._verbose)
            case TaskRestored(task=task, reasons=reasons):
                self._line("ok", "restored", f"{task}  {reasons_text(reasons)}")
            case TaskFailed(task=task, failure=failure, remembered=remembered):
                before = f" (as in build {remembered}; nothing has changed since)" if remembered else ""
                self._line("error", "failed", f"{task}: {failure.message}{before}", always=True)
                lines = [*failure_lines(failure), *affected_lines(self._plan, task)]
                self._write([f"           {text}" for text in lines], always=True)
                self._printed(task, always=True)
            case TaskBlocked(task=task, by=by):
                self._settled += 1
                self._blocked.setdefault(tuple(by), []).append(task)
            case NonDeterministic(task=task, parts=parts):
                which = ", ".join(parts) or "success or failure"
                text = f"{task} is not deterministic: the same inputs gave different results: {which}"
                self._write([f"{self._paint('warning', '  warning')}  {text}"], always=True)
            case BuildFinished():
                self._tell_blocked()
                self._last.clear()

    def _line(self, style: str, word: str, text: str, unless: bool = False, always: bool = False) -> None:
        self._settled += 1
        if not unless:
            self._write([f"{self._paint(style, f'{word:>9}')}  {text.rstrip()}"], always)

    def _tell_blocked(self) -> None:
        """Print one line for all tasks that the same failures block: a list of them would hide the failures."""
        for by, tasks in self._blocked.items():
            few = self._verbose or len(tasks) <= _NAMED
            named = ", ".join(tasks) if few else f"{len(tasks)} tasks"
            self._write([f"{self._paint('dim', '  blocked')}  {named} ({', '.join(by)} failed)"])

    def _printed(self, task: str, unless: bool = False, always: bool = False) -> None:
        """Print what a task wrote to its standard streams, after it has ended."""
        running = self._running.pop(task, None)
        lines = running.printed.splitlines()[-_PRINTED:] if running and not unless else []
        self._write([f"           | {told(one)}" for one in lines], always)

    def _progress(self, task: str, progress: Progress) -> None:
        running, now = self._running[task], self._clock()
        running.reached = progress_text(progress)
        if now >= running.due and not self._last.possible:
            running.due = now + _LONG
            self._write([f"{self._paint('dim', '  running')}  {task} {running.reached}"])

    def _bar(self) -> None:
        done = 20 * self._settled // max(self._total, 1)
        tasks = (" ".join(filter(None, (name, one.reached))) for name, one in self._running.items())
        self._last.show(f"[{'#' * done}{'.' * (20 - done)}] {self._settled}/{self._total} {', '.join(tasks)}")

    def _write(self, lines: Sequence[str], always: bool = False) -> None:
        if lines and (always or not self._quiet):
            self._last.clear()
            put(self._stream, page(lines, self._paint))


@dataclass
class _Running:
    """What a running task has printed, how far it has come, and when a line about that is due."""

    due: float
    printed: str = ""
    reached: str = ""


def progress_text(progress: Progress) -> str:
    """Format a progress: `120/200 rounds`, `1.2M rows`."""
    total = "" if progress.total is None else f"/{_short(progress.total)}"
    return f"{_short(progress.done)}{total} {progress.unit}"


def _short(count: int) -> str:
    """Format a count in a few characters, rounded down."""
    if count < 10_000:
        return str(count)
    return f"{count // 1000}k" if count < 1_000_000 else f"{count // 100_000 / 10}M"


def _watched(stream: TextIO | None) -> bool:
    """Whether a stream is a terminal that can overwrite a line. A CI log is not one, even if it claims to be."""
    plain = os.environ.get("TERM") == "dumb" or os.environ.get("CI", "") not in ("", "0", "false")
    return stream is not None and stream.isatty() and not plain
