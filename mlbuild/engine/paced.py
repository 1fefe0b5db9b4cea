"""Passes on only some reports of progress. This is not in `mlbuild.progress`, because it is no part of what a task computes."""

from __future__ import annotations

import time
from collections.abc import Callable

from mlbuild.progress import Progress


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
