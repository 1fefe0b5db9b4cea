"""Logs answered rows: one JSON object for each, in files of a folder. `mlbuild monitor` reads them."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any

from mlbuild.frozen import frozen
from mlbuild.monitoring.log import SUFFIX
from mlbuild.serving.model import Model
from mlbuild.serving.service import Answered, Service

#: The seconds between two writes: what a crash loses at most.
_PAUSE = 0.5
#: The most rows that wait to be written. More are dropped, so that a slow disk does not slow down the answers.
_MOST = 100_000
#: The size from which on a new file begins.
_LARGE = 64_000_000
_DAY = "%Y-%m-%d"


@frozen
class Logging:
    """What is logged, and where. `share` of the requests are, and all that violate a rule. Days before the last `days` are deleted."""

    folder: Path
    share: float = 1.0
    days: int | None = None


class RequestLog:
    """Writes rows in a thread, so that requests do not wait for the disk. `report` gets a sentence if it cannot be written."""

    def __init__(self, logging: Logging, report: Callable[[str], None]) -> None:
        self._logging, self._report = logging, report
        self._waiting: deque[tuple[Service, Model, Answered, float]] = deque()
        # The first two are counted by the thread of the requests, the others by the one that writes.
        self._accepted = self._crowded_out = 0
        self._taken = self._unwritten = 0
        self._files: dict[str, _Segment] = {}
        self._ended = threading.Event()
        self._failing: set[str] = set()
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)
        self._thread.start()

    def __call__(self, service: Service, model: Model, answered: Answered) -> None:
        """Log the rows of an answered request soon."""
        if not answered.violations and not self._chosen(answered.id):
            return
        if self._accepted - self._taken + answered.rows.count > _MOST:
            self._crowded_out += answered.rows.count
            return
        self._accepted += answered.rows.count
        self._waiting.append((service, model, answered, time.time()))

    @property
    def dropped(self) -> int:
        """How many rows were dropped because too many waited, or because they could not be written."""
        return self._crowded_out + self._unwritten

    def close(self) -> None:
        """Write what still waits, and report how many rows were dropped."""
        self._ended.set()
        self._thread.join()
        if self.dropped:
            self._report(f"rows that could not be logged: {self.dropped:,}")

    def _chosen(self, request: str) -> bool:
        """Whether a request belongs to the share that is logged. Every server chooses the same ones."""
        if self._logging.share >= 1:
            return True
        digest = hashlib.blake2b(request.encode(), digest_size=8).digest()
        return int.from_bytes(digest) < self._logging.share * 2**64

    def _run(self) -> None:
        ended = False
        while not ended:
            ended = self._ended.wait(_PAUSE)
            taken = [self._waiting.popleft() for _ in range(len(self._waiting))]
            for name, lines in self._lines(taken).items():
                self._write(name, lines)
            self._taken += sum(answered.rows.count for _, _, answered, _ in taken)
        for segment in self._files.values():
            segment.close()

    def _lines(self, taken: Sequence[tuple[Service, Model, Answered, float]]) -> dict[str, list[bytes]]:
        """Return the lines for answered requests, by model."""
        import msgspec

        encode = msgspec.json.Encoder().encode
        lines: dict[str, list[bytes]] = {}
        for service, model, answered, at in taken:
            lines.setdefault(service.name, []).extend(
                map(encode, records(model, answered, at, self._logging.share))
            )
        return lines

    def _write(self, name: str, lines: list[bytes]) -> None:
        """Write lines of a model. If that fails, they are lost, and the next ones are in a new file, because the last line of this
        one can be incomplete.
        """
        try:
            self._segment(name).write(b"\n".join([*lines, b""]))
            self._failing.discard(name)
        except OSError as error:
            self._unwritten += len(lines)
            if segment := self._files.pop(name, None):
                segment.close()
            if name not in self._failing:
                why = (error.strerror or str(error)).casefold()
                self._report(
                    f"the log of '{name}' cannot be written: {why}; rows are not logged until it can"
                )
            self._failing.add(name)

    def _segment(self, name: str) -> _Segment:
        """Return the file to write the rows of a model to."""
        now = datetime.now(UTC)
        segment = self._files.get(name)
        if segment is None or segment.is_over(now):
            if segment is not None:
                segment.close()
            self._delete_old(self._logging.folder / name, now)
            segment = self._files[name] = _Segment(self._logging.folder / name, now)
        return segment

    def _delete_old(self, folder: Path, now: datetime) -> None:
        """Delete the files of days that are over long enough. Nothing else in the folder is touched."""
        if self._logging.days is None or not folder.is_dir():
            return
        first = (now - timedelta(days=self._logging.days)).strftime(_DAY)
        for day in folder.iterdir():
            if _is_day(day.name) and day.name < first:
                for file in day.glob(f"*{SUFFIX}"):
                    file.unlink(missing_ok=True)
                with suppress(OSError):  # other files are in it
                    day.rmdir()


class _Segment:
    """A file with the rows of an hour, of this process only."""

    def __init__(self, folder: Path, now: datetime) -> None:
        self._hour, self._size = now.strftime("%Y-%m-%d %H"), 0
        day = folder / now.strftime(_DAY)
        day.mkdir(parents=True, exist_ok=True)
        self._file = self._new(day, now)

    def _new(self, day: Path, now: datetime) -> IO[bytes]:
        number = 0
        while True:
            with suppress(FileExistsError):
                return (day / f"{now:%H}-{os.getpid()}-{number}{SUFFIX}").open("xb", buffering=0)
            number += 1

    def is_over(self, now: datetime) -> bool:
        return self._size >= _LARGE or now.strftime("%Y-%m-%d %H") != self._hour

    def write(self, content: bytes) -> None:
        written = 0
        while written < len(content):
            written += self._file.write(content[written:])
        self._size += len(content)

    def close(self) -> None:
        self._file.close()


def records(model: Model, answered: Answered, at: float, share: float = 1.0) -> Iterator[dict[str, Any]]:
    """Yield the record of each row of a request that was answered `at` a time, in seconds since 1970, without private columns. `share` is
    that of the requests that are logged.
    """
    moment = datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    micros = round(answered.seconds * 1e6, 1)
    inputs = [
        (column, values)
        for column, values in zip(model.columns, answered.rows.columns, strict=True)
        if column.name not in model.private
    ]
    outputs = [
        (name, output.logged(answered.outputs[output.name][:, place]))
        for output in model.outputs
        for place, name in enumerate(output.columns)
        if name not in model.private
    ]
    violated: dict[int, list[dict[str, str]]] = {}
    for one in answered.violations:
        violated.setdefault(one.row, []).append({"column": one.column, "rule": one.rule})
    others = {"share": share} if share < 1 else {}
    for row in range(answered.rows.count):
        yield {
            "ts": moment,
            "id": answered.id,
            "row": row,
            "model": model.digest,
            "inputs": {column.name: column.to_json(values[row]) for column, values in inputs},
            "outputs": {name: values[row] for name, values in outputs},
            "violations": violated.get(row, []),
            "us": micros,
            **others,
        }


def _is_day(name: str) -> bool:
    try:
        return datetime.strptime(name, _DAY).strftime(_DAY) == name
    except ValueError:
        return False
