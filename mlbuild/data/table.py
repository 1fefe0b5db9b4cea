"""A table as it is known without its data: both readings of each column's type, and what it is computed from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from mlbuild.columns import ColumnType, Schema
from mlbuild.expressions.typed import Typed


@dataclass(frozen=True)
class TableColumn:
    """A column of a source or dataset.

    `served` is its type in the joined row that a client can send, `trained` its type in the rows that filters
    left. `derived` is the expression over other columns of the same table that gives it, row by row; without one
    the column is raw. A raw column with `serving` false is known only afterwards; `null_token` is the text that
    stands for a missing string at the serving boundary (None: never missing there).
    """

    served: ColumnType
    trained: ColumnType
    derived: Typed | None = None
    serving: bool = True
    null_token: str | None = ""

    def joined(self) -> TableColumn:
        """The column as the right side of a left join: rows without a partner miss it."""
        token = "" if self.null_token is None else self.null_token
        return replace(
            self,
            served=self.served.with_nullable(True),
            trained=self.trained.with_nullable(True),
            null_token=token,
        )


@dataclass(frozen=True)
class Table:
    """Ordered columns, and the columns in which no two rows agree, if that is promised."""

    columns: Mapping[str, TableColumn]
    unique: tuple[str, ...] | None = None

    @property
    def served(self) -> Schema:
        return Schema({name: column.served for name, column in self.columns.items()})

    @property
    def trained(self) -> Schema:
        return Schema({name: column.trained for name, column in self.columns.items()})
