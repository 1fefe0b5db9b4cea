"""The order in which tasks run, and the extent of a build."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Mapping

from mlbuild.diagnostics import Problem, Rejected
from mlbuild.engine.graph import Plan, Task
from mlbuild.engine.queries.targets import with_ancestors, with_descendants
from mlbuild.frozen import frozen


@frozen
class Extent:
    """The tasks of a build, in order and with their ranks, and those that run in any case."""

    ranks: Mapping[str, int]
    forced: frozenset[str]
    keep_going: bool

    def stopped(self, name: str, failed: Iterable[str]) -> tuple[str, ...]:
        """Return the failed tasks with a lower rank, because of which this one does not start."""
        if self.keep_going:
            return ()
        return tuple(sorted(other for other in failed if self.ranks[other] < self.ranks[name]))


def extent_of(plan: Plan, targets: Collection[str] | None, force: bool, keep_going: bool) -> Extent:
    """Return the extent of a build of the tasks `targets` (None: all).

    Raises:
        Rejected: Tasks depend on each other in a circle.
        ValueError: A task is malformed. This is a bug in the code that made the plan, not a user error.
    """
    for task in plan.tasks.values():
        check(plan, task)
    named = frozenset(plan.tasks if targets is None else targets)
    needed = with_ancestors(plan, named)
    forced = needed & with_descendants(plan, named) if force else frozenset()
    return Extent(order(plan, needed), forced, keep_going)


def order(plan: Plan, names: Collection[str]) -> dict[str, int]:
    """Return the tasks `names`, which include all their dependencies, in the order in which they run: by rank, then
    by name.

    The value is the rank of a task, raised to the highest of its dependencies, so that ranks never decrease along a
    chain.

    Raises:
        Rejected: Tasks depend on each other in a circle.
    """
    ranks = {name: plan.tasks[name].rank for name in names}
    waiting = {name: {source.task for source in plan.tasks[name].inputs} for name in names}
    readers: dict[str, list[str]] = {name: [] for name in names}
    for name, sources in waiting.items():
        for source in sources:
            readers[source].append(name)
    ready = [(ranks[name], name) for name in names if not waiting[name]]
    heapq.heapify(ready)
    ordered: dict[str, int] = {}
    while ready:
        rank, name = heapq.heappop(ready)
        ordered[name] = rank
        for reader in readers[name]:
            ranks[reader] = max(ranks[reader], rank)
            waiting[reader].discard(name)
            if not waiting[reader]:
                heapq.heappush(ready, (ranks[reader], reader))
    if len(ordered) < len(ranks):
        raise Rejected(_cycle(plan))
    return ordered


def check(plan: Plan, task: Task) -> None:
    """Check that a task is consistent with itself and with the others.

    Raises:
        ValueError: It is not.
    """
    if "." in task.run.__qualname__:
        raise ValueError(f"the function of task '{task.name}' is not at the top level of its module")
    seen = set()
    for source in task.inputs:
        given = {*plan.tasks[source.task].parts} if source.task in plan.tasks else set()
        for part in source.parts:
            if part not in given:
                raise ValueError(f"task '{task.name}' reads '{part}', which '{source.task}' does not produce")
            if (source.slot, part) in seen:
                raise ValueError(f"task '{task.name}' reads '{part}' twice as '{source.slot}'")
            seen.add((source.slot, part))


def _cycle(plan: Plan) -> Problem:
    import networkx as nx

    arrows = nx.find_cycle(plan.graph)
    names = [arrow[0] for arrow in arrows]
    first = names.index(min(names))
    circle = [*names[first:], *names[:first], names[first]]
    return Problem("cycle", "tasks depend on each other: " + " -> ".join(f"'{name}'" for name in circle))
