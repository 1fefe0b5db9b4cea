"""Logs answered rows: one JSON object for each, in files of a folder. `mlbuild monitor` reads them."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
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
#: How the values of a column are told, and the values.
_Told = tuple[Callable[[Any], Any], Sequence[Any]]
#: The digits of a hash: 128 bits.
_HASH = 32


@frozen
class Logging:
    """What is logged, and where. `share` of the requests are, and all that violate a rule. Days before the last `days` are deleted. `key` is
    that of hashes; without it, they are left out.
    """

    folder: Path
    share: float = 1.0
    days: int | None = None
    key: bytes | None = None


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
                map(encode, records(model, answered, at, self._logging.share, self._logging.key))
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


def records(
    model: Model, answered: Answered, at: float, share: float = 1.0, key: bytes | None = None
) -> Iterator[dict[str, Any]]:
    """Yield the record of each row of a request that was answered `at` a time, in seconds since 1970. `share` is that of the requests
    that are logged. Private values are left out, and those that may be hashed are hashed with the key.
    """
    moment = datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    micros = round(answered.seconds * 1e6, 1)
    withheld = model.dropped | model.hashed
    inputs: dict[str, _Told] = {
        column.name: (column.to_json, values)
        for column, values in zip(model.columns, answered.rows.columns, strict=True)
    }
    outputs: dict[str, _Told] = {
        name: (_same, output.logged(answered.outputs[output.name][:, place]))
        for output in model.outputs
        for place, name in enumerate(output.columns)
    }
    hashed = {name: one for name, one in (inputs | outputs).items() if key and name in model.hashed}
    for name in withheld:
        inputs.pop(name, None)
        outputs.pop(name, None)
    violated: dict[int, list[dict[str, str]]] = {}
    for one in answered.violations:
        violated.setdefault(one.row, []).append({"column": one.column, "rule": one.rule})
    others: dict[str, Any] = {"share": share} if share < 1 else {}
    others |= {"left_out": sorted(withheld)} if withheld else {}
    for row in range(answered.rows.count):
        yield {
            "ts": moment,
            "id": answered.id,
            "row": row,
            "model": model.digest,
            "inputs": {name: told(values[row]) for name, (told, values) in inputs.items()},
            "outputs": {name: values[row] for name, (_, values) in outputs.items()},
            "violations": violated.get(row, []),
            "us": micros,
            **_hashes(key, hashed, row),
            **others,
        }


def _hashes(key: bytes | None, hashed: Mapping[str, _Told], row: int) -> dict[str, Any]:
    """Return the hashes of the values of a row, if there are any."""
    found = {name: _hash(key, told(values[row])) for name, (told, values) in hashed.items()}
    return {"hashes": found} if found else {}


def _same(value: Any) -> Any:
    return value


def _hash(key: bytes | None, value: Any) -> str | None:
    """Return the keyed hash of a value: of its text, or of its JSON if it is none."""
    if value is None or key is None:
        return None
    text = value if isinstance(value, str) else json.dumps(value)
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:_HASH]


def _is_day(name: str) -> bool:
    try:
        return datetime.strptime(name, _DAY).strftime(_DAY) == name
    except ValueError:
        return False
