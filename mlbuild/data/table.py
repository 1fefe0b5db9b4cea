"""A table as it is known without its data: both readings of each column's type, and what it is computed from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from operator import attrgetter

from mlbuild.columns import ColumnType, Schema
from mlbuild.expressions.typed import Typed


@dataclass(frozen=True)
class TableColumn:
    """A column of a source or dataset.

    `served` is its type in the joined row that a client can send, `trained` its type in the rows that filters
    left. `derived` is the expression over other columns of the same table that gives it, row by row; without one
    the column is raw. A join brings raw columns: `computed_from` names what one was computed from in the table that
    it comes from, `joined_on` the columns that its row was found by. A raw column with `serving` false is known only afterwards; `null_token` is the text that stands for a
    missing string at the serving boundary (None: never missing there). `origin` is the file and the column in it that a
    column of a source is.
    """

    served: ColumnType
    trained: ColumnType
    derived: Typed | None = None
    computed_from: tuple[str, ...] = ()
    joined_on: tuple[str, ...] = ()
    serving: bool = True
    null_token: str | None = ""
    origin: tuple[str, str] | None = None

    @property
    def sources(self) -> tuple[str, ...]:
        """The columns of the same table that this one was computed from, in one step."""
        return self.derived.names if self.derived else self.computed_from


class _Columns(Mapping[str, TableColumn]):
    """Columns in their order; with more behind them they share what they hold: many steps are not many copies."""

    __slots__ = ("_count", "_shared")

    def __init__(self, shared: dict[str, tuple[int, TableColumn]]) -> None:
        self._shared, self._count = shared, len(shared)

    @staticmethod
    def of(columns: Mapping[str, TableColumn]) -> _Columns:
        if isinstance(columns, _Columns):
            return columns
        return _Columns({name: (place, column) for place, (name, column) in enumerate(columns.items())})

    def __getitem__(self, name: str) -> TableColumn:
        place, column = self._shared[name]
        if place >= self._count:
            raise KeyError(name)
        return column

    def __iter__(self) -> Iterator[str]:
        return islice(self._shared, self._count)

    def __len__(self) -> int:
        return self._count

    def plus(self, more: Mapping[str, TableColumn]) -> _Columns:
        """These, and behind them others whose names are new."""
        # What stands behind these already belongs to others, and stays.
        alone = len(self._shared) == self._count
        shared = self._shared if alone else dict(islice(self._shared.items(), self._count))
        for name, column in more.items():
            shared[name] = (len(shared), column)
        return _Columns(shared)


class _Reading(Schema):
    """One of the two readings of a table's columns, looked up when it is asked for."""

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
    """Ordered columns, each behind those that it was computed from.

    `unique` holds the promises: lists of columns in which no two rows agree (missing values never do).
    """

    columns: Mapping[str, TableColumn]
    unique: tuple[tuple[str, ...], ...] = ()

    @property
    def served(self) -> Schema:
        return _Reading(self.columns, attrgetter("served"))

    @property
    def trained(self) -> Schema:
        return _Reading(self.columns, attrgetter("trained"))

    def read_from(self, file: str) -> Table:
        """The table of a source, read from this file."""
        columns = {name: replace(column, origin=(file, name)) for name, column in self.columns.items()}
        return replace(self, columns=columns)

    def plus(self, made: Mapping[str, TableColumn]) -> Table:
        """The table with these columns in the place of those of the same names, or behind all others."""
        if any(name in self.columns for name in made):
            return replace(self, columns={**self.columns, **made})
        return replace(self, columns=_Columns.of(self.columns).plus(made))

    def unique_within(self, names: Iterable[str]) -> bool:
        """Whether rows that agree in all of `names` are promised to be the same row."""
        given = set(names)
        return any(given.issuperset(promise) for promise in self.unique)


def serving_inputs(table: Table, features: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What an artifact needs for `features`: raw columns, and derived ones in an order to compute them.

    Both follow the order of the features, not that of the table, which comes from maps and means nothing.
    """
    raw: dict[str, None] = {}
    derived: dict[str, None] = {}
    waiting = list(features)[::-1]
    while waiting:
        name = waiting.pop()
        typed = table.columns[name].derived
        if typed is None:
            raw[name] = None
        elif all(used in raw or used in derived for used in typed.names):
            derived[name] = None
        else:
            waiting += [name, *reversed(typed.names)]
    return tuple(raw), tuple(derived)


def depends_on(table: Table, names: Iterable[str], *, through_joins: bool = False) -> frozenset[str]:
    """`names` and every column that they were computed from, transitively, on either side of a join.

    With `through_joins` also the columns that their rows were found by: what a value depends on at all.
    """
    found = set(names)
    for name, column in reversed(tuple(table.columns.items())):
        if name in found:
            found.update(column.sources)
            found.update(column.joined_on if through_joins else ())
    return frozenset(found)


def first_behind(table: Table, wanted: Iterable[str], *, through_joins: bool = False) -> dict[str, str]:
    """For each column that depends on some of `wanted`, as in `depends_on`, the first of them that it does."""
    names = [*wanted]
    ranks = {name: rank for rank, name in enumerate(names)}
    first: dict[str, int] = {}
    for name, column in table.columns.items() if names else ():
        # A source that stands behind, or is no column here, counts as itself.
        behind = (*column.sources, *(column.joined_on if through_joins else ()))
        found = [first.get(one, ranks.get(one)) for one in behind] + [ranks.get(name)]
        if known := [rank for rank in found if rank is not None]:
            first[name] = min(known)
    return {name: names[rank] for name, rank in first.items()}
