"""The nodes of another table, as the rows that find its rows by a join depend on them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import NamedTuple

from mlbuild.data.lineage import Decision, Found, Node, depends_on, walk
from mlbuild.diagnostics import Path

_FOUND = "a row of another table is joined"


class Partner(NamedTuple):
    """The datum of a row in another table: the datum there, and the pairs of data that must be equal, there and
    here.
    """

    of: Hashable
    agree: frozenset[tuple[Hashable, Hashable]]


class Finding:
    """Translates nodes of another table to the rows that find its rows by a join, which is at a path of the spec.

    `keys` maps the nodes of the other table that must be equal to nodes here. `chosen` decided which rows the other
    table has. A row finds only itself (`itself`), only rows of an earlier time (`earlier`), or one of several rows, which
    can be itself (`any_row`). `times` are nodes here and there that decide which one. `advice` is that of the decision.
    """

    def __init__(
        self,
        at: Path,
        keys: Mapping[Node, Node],
        chosen: Node | None,
        itself: bool = False,
        earlier: bool = False,
        any_row: bool = False,
        times: Sequence[tuple[Node, Node]] = (),
        advice: str = "",
    ) -> None:
        self._keys = keys
        self._before = itself or earlier  # what it has seen of other rows are rows before this one
        self._agree = None if itself or any_row else {there.datum: here.datum for there, here in keys.items()}
        self._seen: dict[Node, Node] = {}
        own = (*keys.values(), *(here for here, _ in times))
        self.match = Decision("", at, own, what=_FOUND)
        theirs = self.see([*keys, *(there for _, there in times), *([chosen] if chosen else [])])
        # Everything is found by the keys here, and by whatever decides whether such a row exists there.
        self.match, self._seen = Decision("", at, (*own, *theirs), what=_FOUND, advice=advice), {}

    def see(self, nodes: Iterable[Node]) -> list[Node]:
        """Return the nodes as this join finds them, with everything that they depend on."""
        wanted = [*nodes]
        for node in walk(wanted, lambda node: () if node.pooled else depends_on(node)):
            if node not in self._seen:
                self._seen[node] = self._found(node)
        return [self._seen[node] for node in wanted]

    def late(self, nodes: Iterable[Node], columns: Iterable[Node]) -> list[Node]:
        """Return the nodes that are known only afterwards there, as columns of the table depend on them here."""
        late = [*nodes]
        pooled = any(node.pooled for node in walk(columns)) if late else False
        return [*self.see(late), *(late if pooled else ())]

    def _found(self, node: Node) -> Found:
        if node.pooled:
            both = Decision("", self.match.at, tuple(one for one in (self.match, node.match) if one))
            inputs = node.inputs if self._before else node.every
            return Found(node.name, node.at, inputs, both, of=node, origin=self._origin(node))
        inputs = tuple(self._keys.get(one, self._seen[one]) for one in node.inputs)
        # A node that another match found there is found by that match, translated to here, and that match by this
        # one.
        match = self._seen[node.match] if node.match else self.match
        return Found(node.name, node.at, inputs, match, of=node, origin=self._origin(node))

    def _origin(self, node: Node) -> Hashable:
        if self._agree is None:
            return node.datum
        key = node in self._keys  # facts about the key there may not hold for the key here
        pairs = frozenset(self._agree.items())
        return Partner(node.datum, pairs) if key else _found(node.datum, self._agree)


def _found(datum: Hashable, agree: Mapping[Hashable, Hashable]) -> Hashable:
    """Translate a datum of another table to a row that finds it through equal data."""
    while datum not in agree and isinstance(datum, Partner):
        pairs = datum.agree
        if any(here not in agree for _, here in pairs):
            break
        # What it was found by in the other table is known here, so it can be found from here in the same way.
        datum, agree = datum.of, {there: agree[here] for there, here in pairs}
        if all(there == here for there, here in agree.items()):
            return datum
    return agree[datum] if datum in agree else Partner(datum, frozenset(agree.items()))
