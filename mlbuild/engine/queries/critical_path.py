"""The critical path: the slowest chain of tasks that wait for each other, which limits how fast a build can be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mlbuild.engine.decide.documents import seconds as is_seconds
from mlbuild.engine.graph import Plan
from mlbuild.engine.store.local import Local
from mlbuild.frozen import frozen

#: The note in the store with the duration of the last run of each task.
TIMES = "times"


@frozen
class CriticalPath:
    """The chain of dependent tasks that takes the longest, and its duration in seconds."""

    tasks: tuple[str, ...]
    seconds: float


def known_times(local: Local) -> dict[str, float]:
    """Return the seconds that the last run of each task took, by name. Tasks without a known time are left out."""
    note = local.note(TIMES)
    found = note.items() if isinstance(note, dict) else ()
    return {name: seconds for name, seconds in found if is_seconds(seconds)}


def ways(plan: Plan, names: Sequence[str], times: Mapping[str, float]) -> dict[str, float]:
    """Return, for each of the tasks `names`, in order, the seconds of the slowest chain among them that starts with
    it.

    A task without a time counts as taking none.
    """
    found = dict.fromkeys(names, 0.0)
    for name in reversed(names):
        found[name] += times.get(name, 0.0)
        for source in plan.tasks[name].inputs:
            if source.task in found:
                found[source.task] = max(found[source.task], found[name])
    return found


def critical_path(plan: Plan, names: Sequence[str], times: Mapping[str, float]) -> CriticalPath:
    """Return the critical path of the tasks `names`, in order. It contains only tasks with a known time."""
    left = ways(plan, names, times)
    readers: dict[str, list[str]] = {name: [] for name in names}
    for name in names:
        for source in plan.tasks[name].inputs:
            readers.setdefault(source.task, []).append(name)
    tasks, next_ones = [], [*names]
    while next_ones:
        name = max(next_ones, key=left.__getitem__)  # the first one of equals
        tasks.append(name)
        next_ones = readers[name]
    return CriticalPath(tuple(name for name in tasks if name in times), max(left.values(), default=0.0))
