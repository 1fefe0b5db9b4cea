"""A table as it is known without its data: its columns, where they come from, and what identifies its rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field, replace
from itertools import islice
from operator import attrgetter

from mlbuild.columns import UNKNOWN, ColumnType, Schema
from mlbuild.data.lineage import Decision, Node, Unknown
from mlbuild.diagnostics import Note, Path
from mlbuild.frozen import frozen


@frozen
class TableColumn:
    """A column of a table. `node` is where its values come from.

    `served` is its type in the joined row that a client can send, `trained` its type in the rows that filters
    leave. `null_token` is the text for a missing string at the serving boundary, or None if no value is ever
    missing there. After an invalid step, it can be uncertain whether a column exists; then `sure` is false.
    """

    node: Node = field(compare=False)
    served: ColumnType
    trained: ColumnType
    null_token: str | None = ""
    sure: bool = True

    @classmethod
    def unknown(cls, node: Node, sure: bool = True) -> TableColumn:
        """Create a column of unknown type, for which nothing is reported."""
        return cls(node, ColumnType(UNKNOWN), ColumnType(UNKNOWN), sure=sure)

    def present(self) -> TableColumn:
        """Return the column for training rows in which it is not missing."""
        return replace(self, trained=self.trained.with_nullable(False))


@frozen
class Dropped:
    """A column that a table had: its last name, and the step that dropped it.

    `before` is the number of columns of the same name that were dropped earlier.
    """

    name: str
    column: TableColumn
    step: Path = field(compare=False)
    before: int = 0


class Others(dict[str, TableColumn]):
    """Any other column, which an invalid definition at a path may have made."""

    def __init__(self, at: Path) -> None:
        super().__init__()
        self.at = at

    def __missing__(self, name: str) -> TableColumn:
        self[name] = TableColumn.unknown(Unknown(name, self.at), sure=False)
        return self[name]


class Columns(Mapping[str, TableColumn]):
    """Columns in order. Adding columns shares the storage, so that many steps do not make many copies.

    With `others`, there may be columns besides the known ones, which are found but not listed.
    """

    __slots__ = ("_count", "_shared", "others")

    def __init__(self, shared: dict[str, tuple[int, TableColumn]], others: Others | None = None) -> None:
        self._shared, self._count, self.others = shared, len(shared), others

    @classmethod
    def of(cls, columns: Mapping[str, TableColumn], others: Others | None = None) -> Columns:
        if isinstance(columns, Columns):
            return columns
        return cls({name: (place, column) for place, (name, column) in enumerate(columns.items())}, others)

    def __getitem__(self, name: str) -> TableColumn:
        if self._lists(name):
            return self._shared[name][1]
        if self.others is None:
            raise KeyError(name)
        return self.others[name]

    def __iter__(self) -> Iterator[str]:
        return islice(self._shared, self._count)

    def __len__(self) -> int:
        return self._count

    def _lists(self, name: str) -> bool:
        """Whether a column is known, and not one that a later step added."""
        found = self._shared.get(name)
        return found is not None and found[0] < self._count

    def plus(self, more: Mapping[str, TableColumn]) -> Columns:
        """Replace columns with the same names, and add the others at the end."""
        if any(map(self._lists, more)):
            return Columns.of({**self, **more}, self.others)
        alone = len(self._shared) == self._count
        shared = self._shared if alone else dict(islice(self._shared.items(), self._count))
        for name, column in more.items():
            shared[name] = (len(shared), column)
        return Columns(shared, self.others)


class Reading(Schema):
    """One of the two types of the columns of a table, looked up on demand."""

    __slots__ = ("_of", "_table")

    def __init__(self, table: Mapping[str, TableColumn], of: Callable[[TableColumn], ColumnType]) -> None:
        self._table, self._of = table, of
        self.open = isinstance(table, Columns) and table.others is not None

    def __getitem__(self, name: str) -> ColumnType:
        return self._of(self._table[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._table)

    def __len__(self) -> int:
        return len(self._table)


@frozen
class Table:
    """The columns of a source, or those after some steps of a dataset.

    `unique` holds promises: lists of nodes in which no two rows are equal (missing values are never equal). The `selected`
    ones hold because a step has kept only one of such rows.
    `chosen` decided which rows exist, and `ordered` in which order. `afterwards` are the nodes whose values
    are not known at prediction time. `dropped` are the columns that steps have dropped: the name is gone, but
    columns computed from it remain. `place` is where people find the definition of the table.
    """

    columns: Mapping[str, TableColumn]
    unique: tuple[tuple[Node, ...], ...] = field(default=(), compare=False)
    selected: tuple[tuple[Node, ...], ...] = field(default=(), compare=False)
    chosen: Decision | None = field(default=None, compare=False)
    ordered: Decision | None = field(default=None, compare=False)
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
        """Whether a column certainly exists."""
        return name in self.columns and self.columns[name].sure

    def nodes(self, names: Iterable[str]) -> list[Node]:
        """Return the nodes of columns."""
        return [self.columns[name].node for name in names]

    def note(self, name: str, table: str = "") -> Note:
        """Return a note that shows where a column was made.

        `table` is the name of this table, if it is not the current one.
        """
        return self.columns[name].node.note(name, table)

    def plus(self, made: Mapping[str, TableColumn]) -> Table:
        """Return the table with these columns, which replace those with the same names or are added at the end."""
        return replace(self, columns=Columns.of(self.columns).plus(made))

    def without(self, names: Iterable[str], step: Path) -> Table:
        """Return the table after a step drops these columns."""
        gone = set(names)
        count = Counter(one.name for one in self.dropped)
        dropped = [
            Dropped(name, column, step, count[name]) for name, column in self.columns.items() if name in gone
        ]
        kept = {name: column for name, column in self.columns.items() if name not in gone}
        return replace(self, columns=Columns.of(kept, self.others), dropped=(*self.dropped, *dropped))

    def renamed(self, names: Mapping[str, str]) -> Table:
        """Return the table with renamed columns; `names` maps old names to new ones."""
        columns = {names.get(name, name): column for name, column in self.columns.items()}
        return replace(self, columns=Columns.of(columns, self.others))

    def opened(self, at: Path) -> Table:
        """Return what is known after an invalid step: each column, unless it was dropped, and any other column.

        In the rows that are left, nothing is known to be missing.
        """
        columns = {name: replace(column.present(), sure=False) for name, column in self.columns.items()}
        return replace(self, columns=Columns.of(columns, Others(at)))

    @property
    def others(self) -> Others | None:
        """The columns that may exist besides the known ones, after an invalid definition."""
        return self.columns.others if isinstance(self.columns, Columns) else None

    def filtered(self, by: Decision, present: Iterable[str]) -> Table:
        """Return the table with only the rows that a decision keeps, in which the columns `present` are not
        missing.
        """
        columns = {name: self.columns[name].present() for name in present}
        both = Decision("", by.at, (self.chosen, by)) if self.chosen else by
        return replace(self.plus(columns), chosen=both)

    def unique_within(self, names: Iterable[str]) -> bool:
        """Whether no two rows are equal in all of `names`."""
        given = {*self.nodes(names)}
        return any(given.issuperset(promise) for promise in self.unique)

    def identified_by(self, names: Iterable[str]) -> bool:
        """Whether no two rows of the data are equal in all of `names`, and not only those that a step has kept."""
        given = {*self.nodes(names)}
        return any(given.issuperset(promise) for promise in self.unique if promise not in self.selected)

    def promises(self) -> list[tuple[str, ...]]:
        """Return the names of the columns in which no two rows are equal, as far as the columns still exist."""
        names = {column.node: name for name, column in self.columns.items()}
        return [
            tuple(names[node] for node in promise)
            for promise in self.unique
            if all(node in names for node in promise)
        ]
