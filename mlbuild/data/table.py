"""A table as it is known without its data: both readings of each column's type, and what it is computed from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

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


@dataclass(frozen=True)
class Table:
    """Ordered columns, each behind those that it was computed from.

    `unique` holds the promises: lists of columns in which no two rows agree (missing values never do).
    """

    columns: Mapping[str, TableColumn]
    unique: tuple[tuple[str, ...], ...] = ()

    @property
    def served(self) -> Schema:
        return Schema({name: column.served for name, column in self.columns.items()})

    @property
    def trained(self) -> Schema:
        return Schema({name: column.trained for name, column in self.columns.items()})

    def read_from(self, file: str) -> Table:
        """The table of a source, read from this file."""
        columns = {name: replace(column, origin=(file, name)) for name, column in self.columns.items()}
        return replace(self, columns=columns)

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
