"""One run of one task: what its function reads and writes, and how it ended."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

from mlbuild.diagnostics import Failed, Failure, Unwritable
from mlbuild.engine.canonical import canonical, parse
from mlbuild.engine.decide.key import Read, sorted_params
from mlbuild.engine.decide.records import Part
from mlbuild.engine.graph import FORMER, Task
from mlbuild.engine.paced import Paced
from mlbuild.engine.store.contents import Contents
from mlbuild.engine.store.kept import remove
from mlbuild.progress import Progress
from mlbuild.shown import cut

#: The reason for the failure of a task that ran out of memory.
OUT_OF_MEMORY = "out of memory"

#: The maximum number of characters of a traceback: an exception can quote a whole table.
_TRACEBACK = 50_000
#: Messages of the system when libraries write files themselves.
_FULL = re.compile(
    "no space left on device|disk quota exceeded|file too large|read-only file system", re.IGNORECASE
)


class Running:
    """A `Job` as a context manager. However the function ends, either `given` or `failure` is set.

    Only an interrupt is passed on. Everything else is caught, not only `Exception`: compiled libraries can end with
    panics that derive from `BaseException`.
    """

    def __init__(
        self,
        task: Task,
        inputs: Mapping[str, tuple[Read, ...]],
        contents: Contents,
        root: Path,
        threads: int,
        heard: Callable[[Progress], None] = lambda progress: None,
    ) -> None:
        self.params: Mapping[str, Any] = sorted_params(task)
        self.threads = threads
        self.progress = Paced(heard)
        self.given: dict[str, Part] = {}
        self.failure: Failure | None = None
        self.holds_until: float | None = None
        self._promised = dict.fromkeys(task.parts)
        self._inputs = {slot: dict(reads) for slot, reads in inputs.items()}
        self._empty_slots = {source.slot for source in task.inputs} | ({FORMER} if task.outside else set())
        self._files, self._root = task.files, root
        self.outside = task.outside
        self._contents = contents
        self._scratch: Path | None = None
        self._targets: dict[str, Path] = {}

    def parts(self, slot: str) -> tuple[str, ...]:
        if slot not in self._inputs and slot in self._empty_slots:
            return ()
        return tuple(self._inputs[slot])

    def read(self, slot: str, part: str) -> bytes:
        content = self._contents.get(self._digest(slot, part))
        if content is None:
            raise OSError(f"part '{part}' of input '{slot}' was damaged while the task ran")
        return content

    def path(self, slot: str, part: str) -> Path:
        return self._contents.path(self._digest(slot, part))

    def file(self, slot: str) -> Path:
        (file,) = self.files(slot)
        return file

    def files(self, slot: str) -> Sequence[Path]:
        return self._files[slot].files(self._root)

    def write(self, part: str, content: bytes) -> None:
        self._expect(part)
        self.given[part] = Part(self._contents.put(content), len(content))

    def target(self, part: str) -> Path:
        self._expect(part)
        if self._scratch is None:
            self._scratch = self._contents.scratch()
        # Not the name of the part, which can contain any characters.
        path = self._targets[part] = self._scratch / str(len(self._targets))
        return path

    def reuse(self, part: str, slot: str) -> None:
        self._expect(part)
        digest = self._digest(slot, part)
        self.given[part] = Part(digest, self._contents.size(digest) or 0)

    def until(self, time: float) -> None:
        self.holds_until = time if self.holds_until is None else min(time, self.holds_until)

    def collect(self) -> None:
        """Store the files that were written as targets, and check that every declared part was produced."""
        for part, path in self._targets.items():
            if path.is_file():
                size = path.stat().st_size
                self.given[part] = Part(self._contents.put_file(path), size)
        missing = [part for part in self._promised if part not in self.given]
        if missing:
            raise Failed(Failure("task", f"the task did not produce {_quoted(missing)}", {"parts": missing}))

    def __enter__(self) -> Running:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if self._scratch is not None:
            remove(self._scratch)
        if error is None or isinstance(error, KeyboardInterrupt):
            return False
        self.failure = _failure(error)
        return True

    def _digest(self, slot: str, part: str) -> str:
        digest = self._inputs[slot][part]
        assert digest is not None, "all inputs of a task are known before it runs"
        return digest

    def _expect(self, part: str) -> None:
        if part not in self._promised:
            raise ValueError(f"part '{part}' is not one of the task's parts")
        if part in self.given or part in self._targets:
            raise ValueError(f"part '{part}' is produced twice")


def _failure(error: BaseException) -> Failure:
    if isinstance(error, Failed):
        try:
            return replace(error.failure, details=parse(canonical(error.failure.details)))
        except TypeError as not_json:
            error = not_json
    name = type(error).__name__
    details = {"exception": name, "traceback": cut("".join(traceback.format_exception(error)), _TRACEBACK)}
    if isinstance(error, MemoryError):
        return Failure("task", OUT_OF_MEMORY, details)
    if isinstance(error, Unwritable):
        return Failure("store", str(error))
    if full := _FULL.search(str(error)):
        return Failure("store", f"cannot write the result of the task: {full[0].casefold()}", details)
    if not str(error):
        return Failure("task", name, details)
    unquoted = f"{name}: the message is hidden because it can quote values"
    return Failure("task", f"{name}: {error}", details | {"unquoted": unquoted})


def _quoted(names: list[str]) -> str:
    return "its part" + ("s " if len(names) > 1 else " ") + ", ".join(f"'{name}'" for name in names)
