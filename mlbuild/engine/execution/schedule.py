"""Which tasks can be looked at next, and which of several to run first."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from functools import cached_property

from mlbuild.engine.execution.order import Extent
from mlbuild.engine.graph import Plan
from mlbuild.engine.queries.critical_path import TIMES, known_times, ways
from mlbuild.engine.store.local import Local


class Schedule:
    """The order of one pass over the tasks of an extent.

    A task is ready when everything that it reads is settled, and all tasks of lower ranks are. With `keep_going`,
    ranks do not wait for each other.
    """

    def __init__(self, plan: Plan, extent: Extent, settled: Collection[str]) -> None:
        self._ranks = extent.ranks
        self._places = {name: place for place, name in enumerate(extent.ranks)}
        self._names = list(extent.ranks)
        self._readers: dict[str, list[str]] = {name: [] for name in extent.ranks}
        self._missing: dict[str, int] = {}
        self._left = Counter() if extent.keep_going else Counter(extent.ranks.values())
        self._levels = sorted(set(self._left), reverse=True)
        self._ready: list[int] = []
        for name in extent.ranks:
            sources = {source.task for source in plan.tasks[name].inputs}
            self._missing[name] = len(sources)
            for source in sources:
                self._readers[source].append(name)
        self._ready = [self._places[name] for name, missing in self._missing.items() if not missing]
        self._settled: set[str] = set()
        for name in settled:
            self.settle(name)

    def ready(self) -> Iterator[str]:
        """Yield the tasks that can be looked at now, each once, including those that become ready during the
        iteration.
        """
        while self._ready:
            name = self._names[self._ready[0]]
            if self._levels and self._ranks[name] > self._levels[-1]:
                return
            heapq.heappop(self._ready)
            if name not in self._settled:
                yield name

    def again(self, name: str) -> None:
        """Yield a task once more, because it was not settled after all."""
        heapq.heappush(self._ready, self._places[name])

    def settle(self, name: str) -> None:
        """Mark a task as settled."""
        self._settled.add(name)
        rank = self._ranks[name]
        if self._left:
            self._left[rank] -= 1
        while self._levels and not self._left[self._levels[-1]]:
            self._levels.pop()
        for reader in self._readers[name]:
            self._missing[reader] -= 1
            if not self._missing[reader]:
                heapq.heappush(self._ready, self._places[reader])


class Urgency:
    """Which task to run first: by rank, then the one with the longest remaining path, by the times of previous
    builds.

    The times are a note in the store. A task without one counts as taking no time. Without `timed`, for example if
    only one task runs at once, times are not used.
    """

    def __init__(self, plan: Plan, extent: Extent, local: Local, timed: bool) -> None:
        self._plan, self._extent, self._local, self._timed = plan, extent, local, timed
        self._new: dict[str, float] = {}

    def __call__(self, name: str) -> tuple[int, float, int]:
        """Return a sort key: the smallest runs first."""
        return self._extent.ranks[name], -self._ways[name], self._places[name]

    def note(self, name: str, seconds: float) -> None:
        """Record how long a task took."""
        self._new[name] = round(seconds, 4)

    def save(self) -> None:
        """Store the times for the next build."""
        if self._new:
            self._local.keep_note(TIMES, known_times(self._local) | self._new)

    @cached_property
    def _places(self) -> Mapping[str, int]:
        return {name: place for place, name in enumerate(self._extent.ranks)}

    @cached_property
    def _ways(self) -> Mapping[str, float]:
        """Return, for each task, the duration in seconds of the slowest chain that starts with it."""
        return ways(self._plan, [*self._extent.ranks], known_times(self._local) if self._timed else {})
