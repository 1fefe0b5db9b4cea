"""How long tasks take that wait for each other: however many run at once, a build takes no less than its critical path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mlbuild.engine.decide.documents import seconds as is_seconds
from mlbuild.engine.graph import Plan
from mlbuild.engine.store.store import Store

#: The note of the store that holds how long each task took when it last ran.
TIMES = "times"


@dataclass(frozen=True)
class CriticalPath:
    """The chain of tasks, each of which needs the one before, that takes the longest: so many seconds."""

    tasks: tuple[str, ...]
    seconds: float


def known_times(store: Store) -> dict[str, float]:
    """The seconds that each task took when it last ran, by its name; those of which nothing is known are absent."""
    note = store.note(TIMES)
    found = note.items() if isinstance(note, dict) else ()
    return {name: seconds for name, seconds in found if is_seconds(seconds)}


def ways(plan: Plan, names: Sequence[str], times: Mapping[str, float]) -> dict[str, float]:
    """For each of the tasks `names`, in their order, the seconds of the slowest chain among them that it begins.

    A task without a time takes none.
    """
    found = dict.fromkeys(names, 0.0)
    for name in reversed(names):
        found[name] += times.get(name, 0.0)
        for source in plan.tasks[name].inputs:
            if source.task in found:
                found[source.task] = max(found[source.task], found[name])
    return found


def critical_path(plan: Plan, names: Sequence[str], times: Mapping[str, float]) -> CriticalPath:
    """The critical path of the tasks `names`, in their order; only those with a time are told."""
    left = ways(plan, names, times)
    readers: dict[str, list[str]] = {name: [] for name in names}
    for name in names:
        for source in plan.tasks[name].inputs:
            readers.setdefault(source.task, []).append(name)
    tasks, next_ones = [], [*names]
    while next_ones:
        name = max(next_ones, key=left.__getitem__)  # of equal ones the first
        tasks.append(name)
        next_ones = readers[name]
    return CriticalPath(tuple(name for name in tasks if name in times), max(left.values(), default=0.0))
