"""Splits the columns of a list of steps into lanes: groups of columns that no step combines with each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import field

from mlbuild.columns import Schema
from mlbuild.frozen import frozen
from mlbuild.ops.op import Op
from mlbuild.ops.stages import Stage


@frozen
class Leg:
    """A step within a lane: its index in the list, the columns of the lane that it reads, and the columns after it."""

    index: int
    step: Op
    read: Schema
    after: tuple[str, ...]


@frozen
class Lane:
    """Columns that steps combine with each other, and these steps."""

    columns: list[str] = field(default_factory=list)
    legs: list[Leg] = field(default_factory=list)


def lanes(stages: Sequence[Stage], columns: Iterable[str]) -> list[Lane]:
    """Return the lanes of steps that start from these columns, in the order of the columns.

    A step that is not columnwise combines all columns that it reads, for the steps before and after it too.
    """
    groups = _Groups()
    # For each step the group of each column before it. The last entry is for the columns after the last step.
    before: list[dict[str, int]] = [{name: groups.new() for name in columns}]
    for stage in stages:
        here = before[-1]
        made: dict[str, int] = {}
        for read, becomes in stage.groups():
            group = groups.join(here[name] for name in read)
            made.update(dict.fromkeys(becomes, group))
        before.append({name: made[name] if name in made else here[name] for name in stage.after})
    found = {root: Lane(names) for root, names in groups.by_root(before[0]).items()}
    for index, stage in enumerate(stages):
        after = groups.by_root(before[index + 1])
        for root, names in groups.by_root({name: before[index][name] for name in stage.read}).items():
            leg = Leg(index, stage.step, stage.read.select(names), tuple(after.get(root, ())))
            found[root].legs.append(leg)
    return list(found.values())


class _Groups:
    """Disjoint sets of numbers. One member of each set, its root, represents the set."""

    def __init__(self) -> None:
        self._parents: list[int] = []

    def new(self) -> int:
        self._parents.append(len(self._parents))
        return self._parents[-1]

    def join(self, members: Iterable[int]) -> int:
        first, *others = members
        root = self._root(first)
        for other in others:
            self._parents[self._root(other)] = root
        return root

    def by_root(self, members: dict[str, int]) -> dict[int, list[str]]:
        """Return the names of each set, in their order."""
        found: dict[int, list[str]] = {}
        for name, member in members.items():
            found.setdefault(self._root(member), []).append(name)
        return found

    def _root(self, member: int) -> int:
        while self._parents[member] != member:
            self._parents[member] = self._parents[self._parents[member]]
            member = self._parents[member]
        return member
