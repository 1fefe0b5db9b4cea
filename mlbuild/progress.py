"""Reports how far a long piece of work has come. Reports never affect results."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """How much is done, in `unit`s such as rows; `total` is None if it is not known in advance."""

    done: int
    total: int | None
    unit: str


#: Called with the fields of a `Progress` by whatever does the work, as often as it likes.
Report = Callable[[int, int | None, str], None]


def silent(done: int, total: int | None, unit: str) -> None:
    """A report that nobody reads."""


class Paced:
    """A `Report` that passes on at most one report per `seconds`, so that reporting costs next to nothing."""

    def __init__(
        self,
        listener: Callable[[Progress], None],
        seconds: float = 0.2,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._listener, self._seconds, self._clock = listener, seconds, clock
        self._due = float("-inf")

    def __call__(self, done: int, total: int | None, unit: str) -> None:
        now = self._clock()
        if now >= self._due:
            self._due = now + self._seconds
            self._listener(Progress(done, total, unit))
