"""What a build says while it goes: one line for each task, and on a terminal the task at work."""

from __future__ import annotations

from typing import TextIO

from mlbuild.cli.render import Paint
from mlbuild.cli.wording import reasons_text
from mlbuild.engine.events import (
    BuildFinished,
    BuildStarted,
    Event,
    NonDeterministic,
    TaskBlocked,
    TaskDone,
    TaskFailed,
    TaskRestored,
    TaskReused,
    TaskStarted,
)

_CLEAR = "\r\x1b[K"


class Progress:
    """A listener that writes lines; on a terminal the last line is a bar that is written over."""

    def __init__(self, stream: TextIO, paint: Paint, quiet: bool, verbose: bool) -> None:
        self._stream, self._paint, self._quiet, self._verbose = stream, paint, quiet, verbose
        self._live = stream.isatty() and not quiet
        self._total = self._settled = 0

    def __call__(self, event: Event) -> None:
        match event:
            case BuildStarted(tasks=total):
                self._total = total
            case TaskStarted(task=task):
                self._bar(task)
            case TaskDone(task=task, seconds=seconds, reasons=reasons):
                self._line("ok", "ran", f"{task} ({seconds:.2f} s)  {reasons_text(reasons)}")
            case TaskReused(task=task, made=made):
                self._line("dim", "reused", f"{task} (build {made})", unless=not self._verbose)
            case TaskRestored(task=task, reasons=reasons):
                self._line("ok", "restored", f"{task}  {reasons_text(reasons)}")
            case TaskFailed(task=task, failure=failure, remembered=remembered):
                before = (
                    f" (as in build {remembered}: nothing that decides it has changed)" if remembered else ""
                )
                self._line("error", "failed", f"{task}: {failure.message}{before}", always=True)
                for line in failure.details.get("lines", ()):
                    self._write(f"           {line}\n", always=True)
            case TaskBlocked(task=task, by=by):
                self._line("dim", "blocked", f"{task} ({', '.join(by)} failed)")
            case NonDeterministic(task=task, parts=parts):
                which = ", ".join(parts) or "its outcome"
                self._line(
                    "warning",
                    "warning",
                    f"{task} gave another result for the same inputs: {which}",
                    always=True,
                )
            case BuildFinished():
                self._write("")

    def _line(self, style: str, word: str, text: str, unless: bool = False, always: bool = False) -> None:
        self._settled += 1
        if not unless:
            self._write(f"{self._paint(style, f'{word:>9}')}  {text.rstrip()}\n", always)

    def _bar(self, task: str) -> None:
        if self._live:
            done = 20 * self._settled // max(self._total, 1)
            self._stream.write(
                f"{_CLEAR}[{'#' * done}{'.' * (20 - done)}] {self._settled}/{self._total} {task}"
            )
            self._stream.flush()

    def _write(self, text: str, always: bool = False) -> None:
        if self._quiet and not always:
            return
        self._stream.write((_CLEAR if self._live else "") + text)
        self._stream.flush()
