"""The progress of a build: one line per task and, on a terminal, the running tasks."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from typing import TextIO

from mlbuild.cli.output.printing import Paint, page, put, seconds_text
from mlbuild.cli.output.reasons import reasons_text, waiting_text
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
    TaskRestored,
    TaskReused,
    TaskStarted,
)
from mlbuild.shown import line, told

_CLEAR = "\r\x1b[K"
#: The number of lines that are shown of the output of a task, from its end.
_PRINTED = 20


class Progress:
    """A listener that writes lines. On a terminal, the last line is a bar that is overwritten."""

    def __init__(self, stream: TextIO | None, paint: Paint, quiet: bool, verbose: bool) -> None:
        self._stream, self._paint, self._quiet, self._verbose = stream, paint, quiet, verbose
        self._live = not quiet and _watched(stream)
        self._total = self._settled = 0
        self._running: dict[str, str] = {}

    def __call__(self, event: Event) -> None:
        self._tell(event)
        if self._live and self._running:
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
                self._running[task] = ""
            case TaskPrinted(task=task, text=text):
                self._running[task] = text
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
                self._write([f"           {text}" for text in failure_lines(failure)], always=True)
                self._printed(task, always=True)
            case TaskBlocked(task=task, by=by):
                self._line("dim", "blocked", f"{task} ({', '.join(by)} failed)")
            case NonDeterministic(task=task, parts=parts):
                which = ", ".join(parts) or "success or failure"
                text = f"{task} is not deterministic: the same inputs gave different results: {which}"
                self._write([f"{self._paint('warning', '  warning')}  {text}"], always=True)
            case BuildFinished():
                put(self._stream, _CLEAR if self._live else "")

    def _line(self, style: str, word: str, text: str, unless: bool = False, always: bool = False) -> None:
        self._settled += 1
        if not unless:
            self._write([f"{self._paint(style, f'{word:>9}')}  {text.rstrip()}"], always)

    def _printed(self, task: str, unless: bool = False, always: bool = False) -> None:
        """Print what a task wrote to its standard streams, after it has ended."""
        text = self._running.pop(task, "")
        lines = [] if unless else text.splitlines()[-_PRINTED:]
        self._write([f"           | {told(one)}" for one in lines], always)

    def _bar(self) -> None:
        done = 20 * self._settled // max(self._total, 1)
        bar = f"[{'#' * done}{'.' * (20 - done)}] {self._settled}/{self._total} {', '.join(self._running)}"
        width = shutil.get_terminal_size().columns
        put(self._stream, _CLEAR + line(bar if len(bar) < width else bar[: width - 4] + "..."))

    def _write(self, lines: Sequence[str], always: bool = False) -> None:
        if lines and (always or not self._quiet):
            put(self._stream, (_CLEAR if self._live else "") + page(lines, self._paint))


def _watched(stream: TextIO | None) -> bool:
    """Whether a stream is a terminal that can overwrite a line. A CI log is not one, even if it claims to be."""
    plain = os.environ.get("TERM") == "dumb" or os.environ.get("CI", "") not in ("", "0", "false")
    return stream is not None and stream.isatty() and not plain
