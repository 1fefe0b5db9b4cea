"""A table as it is known without its data: its columns, where they come from, and what tells its rows apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from operator import attrgetter

from mlbuild.columns import UNKNOWN, ColumnType, Schema
from mlbuild.data.lineage import Decision, Node
from mlbuild.diagnostics import Note, Path


@dataclass(frozen=True)
class TableColumn:
    """A column under the name that a table gives it; `node` is where its values come from.

    `served` is its type in the joined row that a client can send, `trained` its type in the rows that filters
    left. `null_token` is the text that stands for a missing string at the serving boundary; None where no value is
    ever missing there. After a step at fault a column can be there or not, which is not `sure` then.
    """

    node: Node = field(compare=False)
    served: ColumnType
    trained: ColumnType
    null_token: str | None = ""
    sure: bool = True

    @classmethod
    def unknown(cls, node: Node, sure: bool = True) -> TableColumn:
        """A column of unknown type, of which nothing is reported."""
        return cls(node, ColumnType(UNKNOWN), ColumnType(UNKNOWN), sure=sure)

    def present(self) -> TableColumn:
        """The column in rows for training that do not miss it."""
        return replace(self, trained=self.trained.with_nullable(False))


@dataclass(frozen=True)
class Dropped:
    """A column that a table had: the name that it had last, and the step that dropped it.

    `before` counts the columns of the same name that were dropped before it.
    """

    name: str
    column: TableColumn
    step: Path = field(compare=False)
    before: int = 0


class Columns(Mapping[str, TableColumn]):
    """Columns in order. With others added they share their storage with these, so that many steps are not many copies."""

    __slots__ = ("_count", "_shared")

    def __init__(self, shared: dict[str, tuple[int, TableColumn]]) -> None:
        self._shared, self._count = shared, len(shared)

    @classmethod
    def of(cls, columns: Mapping[str, TableColumn]) -> Columns:
        if isinstance(columns, Columns):
            return columns
        return cls({name: (place, column) for place, (name, column) in enumerate(columns.items())})

    def __getitem__(self, name: str) -> TableColumn:
        place, column = self._shared[name]
        if place >= self._count:  # it was added to these by a later step
            raise KeyError(name)
        return column

    def __iter__(self) -> Iterator[str]:
        return islice(self._shared, self._count)

    def __len__(self) -> int:
        return self._count

    def plus(self, more: Mapping[str, TableColumn]) -> Columns:
        """These columns with others in place of those of the same name, or after all."""
        if any(name in self for name in more):
            return Columns.of({**self, **more})
        alone = len(self._shared) == self._count
        shared = self._shared if alone else dict(islice(self._shared.items(), self._count))
        for name, column in more.items():
            shared[name] = (len(shared), column)
        return Columns(shared)


class Reading(Schema):
    """One of the two readings of a table's columns, looked up when asked for."""

    __slots__ = ("_of", "_table")

    def __init__(self, table: Mapping[str, TableColumn], of: Callable[[TableColumn], ColumnType]) -> None:
        self._table, self._of = table, of

    def __getitem__(self, name: str) -> ColumnType:
        return self._of(self._table[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._table)

    def __len__(self) -> int:
        return len(self._table)


@dataclass(frozen=True)
class Table:
    """The columns of a source, or those that the steps of a dataset have left so far.

    `unique` holds promises: nodes in which no two rows agree (missing values never do). `chosen` decided which rows
    are there. `afterwards` are the nodes whose values are known only afterwards, `dropped` the columns that steps have
    dropped: a name can go, what comes from it stays. `place` is where people find the table's own definition.
    """

    columns: Mapping[str, TableColumn]
    unique: tuple[tuple[Node, ...], ...] = field(default=(), compare=False)
    chosen: Decision | None = field(default=None, compare=False)
    afterwards: tuple[Node, ...] = field(default=(), compare=False)
    dropped: tuple[Dropped, ...] = ()
    place: Note | None = field(default=None, compare=False)

    @property
    def served(self) -> Schema:
        return Reading(self.columns, attrgetter("served"))

    @property
    def trained(self) -> Schema:
        return Reading(self.columns, attrgetter("trained"))

    def has(self, name: str) -> bool:
        """Whether a column is there for sure."""
        return name in self.columns and self.columns[name].sure

    def nodes(self, names: Iterable[str]) -> list[Node]:
        """The nodes of columns."""
        return [self.columns[name].node for name in names]

    def note(self, name: str, table: str = "") -> Note:
        """Where a column was made, for people; `table` is what this table is called, if it is not the one at hand."""
        return self.columns[name].node.note(name, table)

    def plus(self, made: Mapping[str, TableColumn]) -> Table:
        """The table with these columns in place of those of the same names, or after all."""
        return replace(self, columns=Columns.of(self.columns).plus(made))

    def without(self, names: Iterable[str], step: Path) -> Table:
        """The table from which a step drops these columns."""
        gone = set(names)
        count = Counter(one.name for one in self.dropped)
        dropped = [
            Dropped(name, column, step, count[name]) for name, column in self.columns.items() if name in gone
        ]
        kept = {name: column for name, column in self.columns.items() if name not in gone}
        return replace(self, columns=Columns.of(kept), dropped=(*self.dropped, *dropped))

    def renamed(self, names: Mapping[str, str]) -> Table:
        """The table in which columns have other names; `names` leads from the present ones to the new ones."""
        columns = {names.get(name, name): column for name, column in self.columns.items()}
        return replace(self, columns=Columns.of(columns))

    def filtered(self, by: Decision, present: Iterable[str]) -> Table:
        """The table with the rows that a decision leaves, none of which misses some columns."""
        columns = {name: self.columns[name].present() for name in present}
        both = Decision("", by.at, (self.chosen, by)) if self.chosen else by
        return replace(self.plus(columns), chosen=both)

    def unique_within(self, names: Iterable[str]) -> bool:
        """Whether no two rows agree in all of `names`."""
        given = {*self.nodes(names)}
        return any(given.issuperset(promise) for promise in self.unique)

    def promises(self) -> list[tuple[str, ...]]:
        """The names of the columns in which no two rows agree, as far as they are still there."""
        names = {column.node: name for name, column in self.columns.items()}
        return [
            tuple(names[node] for node in promise)
            for promise in self.unique
            if all(node in names for node in promise)
        ]
