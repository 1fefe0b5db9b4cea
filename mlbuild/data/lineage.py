"""Lineage: the nodes that column values come from. Nodes stay the same when columns are renamed or dropped."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import field

from mlbuild.diagnostics import Note, Path
from mlbuild.expressions.typed import Typed
from mlbuild.frozen import frozen


@frozen(eq=False)
class Node:
    """A column as it was created: its original name, the path in the spec that created it, and what it depends on.

    `inputs` are the nodes that its value is computed from. `match` decided which row of another table the value was
    found in, if it was found by a join. A node equals only itself. Nodes with the same `datum` have the same value
    in all rows where they have one: a column of a row, and the same column of the same row that a join found again.
    """

    name: str
    at: Path
    inputs: tuple[Node, ...] = field(default=(), repr=False)
    match: Node | None = field(default=None, repr=False)

    @property
    def datum(self) -> Hashable:
        return self

    @property
    def pooled(self) -> bool:
        """Whether it is a value made from several rows, or such a value that a join found."""
        return False

    @property
    def every(self) -> tuple[Node, ...]:
        """What it is computed from, as columns of any row of the table."""
        return self.inputs

    @property
    def values_of(self) -> tuple[Node, ...]:
        """The columns whose values are in it, as they are or computed into it, in whatever row of whatever table."""
        return self.every

    @property
    def declared(self) -> bool:
        """Whether the column is declared in a contract, rather than made by a step."""
        return self.at[:1] == ("contracts",)

    def note(self, name: str | None = None, table: str = "") -> Note:
        """Return a note that shows where the node was made.

        `name` is its current name in the table `table`, or in this one.
        """
        called = f"'{name or self.name}'" + (f" of '{table}'" if table else "")
        how = "declared" if self.declared else "defined"
        then = f" as '{self.name}'" if name not in (None, self.name) else ""
        return f"{called} is {how} here{then}", self.at


@frozen(eq=False, kw_only=True)
class Raw(Node):
    """A column of a file."""

    file: str

    @property
    def datum(self) -> Hashable:
        return self.file, self.name


@frozen(eq=False, kw_only=True)
class Computed(Node):
    """A column computed row by row from its inputs, by an expression that uses the names that they had then."""

    expression: Typed


@frozen(eq=False, kw_only=True)
class Found(Node):
    """A column of another table, in the row that a join found. It is missing if the join found none."""

    of: Node = field(repr=False)
    origin: Hashable = field(repr=False)

    @property
    def datum(self) -> Hashable:
        return self.origin

    @property
    def pooled(self) -> bool:
        return self.of.pooled

    @property
    def values_of(self) -> tuple[Node, ...]:
        return (self.of,)

    def note(self, name: str | None = None, table: str = "") -> Note:
        return super().note(name, table) if self.name else self.of.note()


@frozen(eq=False)
class Merged(Node):
    """A column whose rows come from several tables: each value is that of one of its inputs."""


@frozen(eq=False, kw_only=True)
class Pooled(Node):
    """A value made from several rows of a table, which `match` decided. A client sends it, and does not compute it.

    The rows can include the one that has the value, or that finds it by a join. So what it is made from is the same
    datum as there, and not the datum of another row. It is different if the rows are certainly earlier ones whose
    values are known: then `inputs` are the nodes of these rows, and `rows` those of any row.
    """

    rows: tuple[Node, ...] = field(default=(), repr=False)

    @property
    def pooled(self) -> bool:
        return True

    @property
    def every(self) -> tuple[Node, ...]:
        return self.rows or self.inputs


@frozen(eq=False)
class Unknown(Node):
    """A column that an invalid definition would have made."""


@frozen(eq=False, kw_only=True)
class Decision(Node):
    """What decides which rows are kept, or which row of another table is found. It is not a column and has no name.

    `what` describes the decision in notes. A decision that only combines others has no description. `advice` is what
    else a person can do if it causes a leak.
    """

    what: str = ""
    advice: str = ""

    def note(self, name: str | None = None, table: str = "") -> Note:
        return f"{self.what} here" if self.what else "", self.at


def rows_behind(nodes: Iterable[Node]) -> list[Node]:
    """Return what the nodes depend on if they are read from any row, in addition to what they depend on in their own:
    the rows that windows have seen, which are earlier only than the row of the window.
    """
    return [*dict.fromkeys(row for node in walk(nodes) if node.pooled for row in node.every)]


def computed_from(node: Node) -> tuple[Node, ...]:
    return node.inputs


def takes_values_of(node: Node) -> tuple[Node, ...]:
    return node.values_of


def depends_on(node: Node) -> tuple[Node, ...]:
    """Return what the value is computed from, and what decided where it was found."""
    return (*node.inputs, node.match) if node.match else node.inputs


Edges = Callable[[Node], Sequence[Node]]


def walk(nodes: Iterable[Node], edges: Edges = depends_on) -> list[Node]:
    """Return the nodes and everything that can be reached along `edges`, each node after the nodes that it leads
    to.
    """
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
    """Map each reached node to the first wanted node whose datum it leads to; nodes that lead to none are left out."""
    ranks = {node.datum: rank for rank, node in reversed([*enumerate(wanted)])}
    first: dict[Node, int] = {}
    for node in walk(nodes, edges) if ranks else ():
        reached = [ranks.get(node.datum), *(first.get(one) for one in edges(node))]
        if known := [rank for rank in reached if rank is not None]:
            first[node] = min(known)
    return {node: wanted[rank] for node, rank in first.items()}


def bottlenecks(node: Node) -> list[Node]:
    """Return the node and every other node that alone determines it, directly or indirectly, nearest first.

    Each column that rows were merged from determines some of the values.
    """
    waiting, found = {node}, []
    for one in reversed(walk([node], computed_from)):
        if len(waiting) == 1:
            found.append(one)
            if isinstance(one, Merged):
                branches = (behind for part in one.inputs for behind in bottlenecks(part))
                return [*dict.fromkeys([*found, *branches])]
        elif not one.inputs:
            break
        waiting.remove(one)
        waiting.update(one.inputs)
    return found


def boundary(nodes: Iterable[Node]) -> tuple[list[Node], list[Computed]]:
    """Return what a client sends to get `nodes`, and what is computed from that row by row, each after its inputs."""
    needed = walk(nodes, lambda node: node.inputs if isinstance(node, Computed) else ())
    computed = [node for node in needed if isinstance(node, Computed)]
    return [node for node in needed if not isinstance(node, Computed)], computed
