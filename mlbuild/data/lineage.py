"""Where the values of columns come from: nodes, which stay what they are when columns are renamed or dropped."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from mlbuild.diagnostics import Note, Path
from mlbuild.expressions.typed import Typed


@dataclass(frozen=True, eq=False)
class Node:
    """A column as it was made: the name that it got, the path in the spec that made it, what it depends on.

    `inputs` are the nodes that its value was computed from; `match` decided in which row of another table it was
    found, if it was. A node equals only itself. Nodes with the same `datum` hold the same value wherever they hold one:
    a column of a row, and the same column of the same row that a join found again.
    """

    name: str
    at: Path
    inputs: tuple[Node, ...] = field(default=(), repr=False)
    match: Node | None = field(default=None, repr=False)

    @property
    def datum(self) -> Hashable:
        return self

    @property
    def declared(self) -> bool:
        """Whether it is a contract that has it, not a step that makes it."""
        return self.at[:1] == ("contracts",)

    def note(self, name: str | None = None, table: str = "") -> Note:
        """Where the node was made, for people; `name` is what it is called now, in the table at hand or another."""
        called = f"'{name or self.name}'" + (f" of '{table}'" if table else "")
        how = "declared" if self.declared else "defined"
        then = f" as '{self.name}'" if name not in (None, self.name) else ""
        return f"{called} is {how} here{then}", self.at


@dataclass(frozen=True, eq=False, kw_only=True)
class Raw(Node):
    """A column of a file."""

    file: str

    @property
    def datum(self) -> Hashable:
        return self.file, self.name


@dataclass(frozen=True, eq=False, kw_only=True)
class Computed(Node):
    """A column computed row by row from its inputs, by an expression in which they have the names of that time."""

    expression: Typed


@dataclass(frozen=True, eq=False, kw_only=True)
class Found(Node):
    """A column of another table, in the row of it that a join found; missing where it found none."""

    of: Node = field(repr=False)
    origin: Hashable = field(repr=False)

    @property
    def datum(self) -> Hashable:
        return self.origin

    def note(self, name: str | None = None, table: str = "") -> Note:
        return super().note(name, table) if self.name else self.of.note()


@dataclass(frozen=True, eq=False)
class Unknown(Node):
    """A column that a faulty definition would have made."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Decision(Node):
    """What decides which rows are left, or which row of another table is found. It is no column, and has no name.

    `what` it does there is said in notes; a decision that only sums up others has nothing to say.
    """

    what: str = ""

    def note(self, name: str | None = None, table: str = "") -> Note:
        return f"{self.what} here" if self.what else "", self.at


def computed_from(node: Node) -> tuple[Node, ...]:
    return node.inputs


def depends_on(node: Node) -> tuple[Node, ...]:
    """What the value was computed from, and what decided where it was found."""
    return (*node.inputs, node.match) if node.match else node.inputs


Edges = Callable[[Node], Sequence[Node]]


def walk(nodes: Iterable[Node], edges: Edges = depends_on) -> list[Node]:
    """The nodes and everything that they lead to along `edges`, each after all that it leads to itself."""
    done: dict[Node, None] = {}
    waiting = [*nodes][::-1]
    while waiting:
        if waiting[-1] in done:
            waiting.pop()
            continue
        before = [one for one in edges(waiting[-1]) if one not in done]
        if before:
            waiting += before[::-1]
        else:
            done[waiting.pop()] = None
    return [*done]


def first_reached(
    nodes: Iterable[Node], wanted: Sequence[Node], edges: Edges = depends_on
) -> dict[Node, Node]:
    """The nodes and all that they lead to, as far as that leads to the datum of a wanted node: to the first of them."""
    ranks = {node.datum: rank for rank, node in reversed([*enumerate(wanted)])}
    first: dict[Node, int] = {}
    for node in walk(nodes, edges) if ranks else ():
        reached = [ranks.get(node.datum), *(first.get(one) for one in edges(node))]
        if known := [rank for rank in reached if rank is not None]:
            first[node] = min(known)
    return {node: wanted[rank] for node, rank in first.items()}


def bottlenecks(node: Node) -> list[Node]:
    """The node and every other that, alone, it is computed from, whatever lies between; the nearest first."""
    waiting, found = {node}, []
    for one in reversed(walk([node], computed_from)):
        if len(waiting) == 1:
            found.append(one)
        elif not one.inputs:
            break
        waiting.remove(one)
        waiting.update(one.inputs)
    return found


def boundary(nodes: Iterable[Node]) -> tuple[list[Node], list[Computed]]:
    """What a client sends to have `nodes`, and what is computed of that row by row, each after its inputs."""
    needed = walk(nodes, lambda node: node.inputs if isinstance(node, Computed) else ())
    computed = [node for node in needed if isinstance(node, Computed)]
    return [node for node in needed if not isinstance(node, Computed)], computed


_FOUND = "a row of another table is found"


class Partner(NamedTuple):
    """The datum of another table's row: what it is there, and the data that agree, each there and here."""

    of: Hashable
    agree: frozenset[tuple[Hashable, Hashable]]


class Finding:
    """Sees the nodes of another table from the rows that find one of its rows, by a join at a path of the spec.

    `keys` leads from the nodes of the other table that must agree with nodes here to these; `chosen` decided which rows
    the other table has. With `itself` a row can find no other row than itself.
    """

    def __init__(self, at: Path, keys: Mapping[Node, Node], chosen: Node | None, itself: bool) -> None:
        self._keys = keys
        self._agree = None if itself else {there.datum: here.datum for there, here in keys.items()}
        self._seen: dict[Node, Node] = {}
        self.match = Decision("", at, tuple(keys.values()), what=_FOUND)
        theirs = self.see([*keys, chosen] if chosen else keys)
        # What all the rest is found by: the keys here, and what decides there whether there is such a row.
        self.match, self._seen = Decision("", at, (*keys.values(), *theirs), what=_FOUND), {}

    def see(self, nodes: Iterable[Node]) -> list[Node]:
        """The nodes as they are found, with everything that they depend on."""
        wanted = [*nodes]
        for node in walk(wanted):
            if node not in self._seen:
                self._seen[node] = self._found(node)
        return [self._seen[node] for node in wanted]

    def _found(self, node: Node) -> Found:
        inputs = tuple(self._keys.get(one, self._seen[one]) for one in node.inputs)
        # What another match has found there is found by that one, as seen from here, and that one by this.
        match = self._seen[node.match] if node.match else self.match
        origin = node.datum
        if self._agree is not None:
            key = node in self._keys  # what the other table says of its key need not hold for the one here
            origin = Partner(origin, frozenset(self._agree.items())) if key else _found(origin, self._agree)
        return Found(node.name, node.at, inputs, match, of=node, origin=origin)


def _found(datum: Hashable, agree: Mapping[Hashable, Hashable]) -> Hashable:
    """What a datum of another table is, seen from a row that finds it by what agrees."""
    while datum not in agree and isinstance(datum, Partner):
        pairs = datum.agree
        if any(here not in agree for _, here in pairs):
            break
        # What it was found by in the other table is known here: so it can be found from here, by the same.
        datum, agree = datum.of, {there: agree[here] for there, here in pairs}
        if all(there == here for there, here in agree.items()):
            return datum
    return agree[datum] if datum in agree else Partner(datum, frozenset(agree.items()))
