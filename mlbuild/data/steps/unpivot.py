"""The dataset step `unpivot`: turns columns into rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from mlbuild.columns import ColumnType
from mlbuild.data.contracts import bad_name, unusable
from mlbuild.data.lineage import Pooled, Unknown
from mlbuild.data.steps.concat import merged_column
from mlbuild.data.steps.step import DatasetStep, unknown_columns
from mlbuild.data.table import Table, TableColumn
from mlbuild.diagnostics import Path, Problem, Rejected
from mlbuild.frozen import frozen
from mlbuild.params import ListOf, Name, Text, field

if TYPE_CHECKING:
    import polars as pl


@frozen
class Unpivot(DatasetStep):
    """Turn columns into rows: each row becomes one row for each of these columns.

    One new column holds the name of the original column, and another one its value, which can be missing. The columns themselves
    are dropped. All others are repeated. The rows that one row becomes are next to each other. For the artifact, the
    two new columns are raw columns.
    """

    op = "unpivot"
    discriminator = ("op", "unpivot")
    rows = "repeated"

    columns: tuple[str, ...] = field(
        ListOf(Name("column"), min_items=1, unique=True),
        "Columns to turn into rows. They have the same dtype.",
        examples=(["q1", "q2"],),
    )
    name: str = field(Text(), "New column for the name of the column.", default="name")
    value: str = field(Text(), "New column for the value.", default="value")

    def check(self) -> Iterator[Problem]:
        if self.name == self.value:
            message = f"'name' and 'value' are both '{self.name}'"
            yield Problem("contradiction", message, ("value",), "choose another name for one of them")

    def infer(self, table: Table, others: Mapping[str, Table], at: Path = ()) -> Table:
        problems = [*unknown_columns("columns", self.columns, table)] or [*self._problems(table)]
        if problems:
            raise Rejected(*problems)
        type_ = ColumnType("string", categories=self.columns)
        name = TableColumn(Pooled(self.name, (*at, "name")), type_, type_, None)
        value = merged_column(self.value, [table.columns[one] for one in self.columns], (*at, "value"))
        rest = table.without(self.columns, at)
        kept = {column.node for column in rest.columns.values()}
        unique = tuple((*nodes, name.node) for nodes in table.unique if kept.issuperset(nodes))
        return replace(rest.plus({self.name: name, self.value: value}), unique=unique)

    def doubtful(self, table: Table, at: Path) -> Table:
        """Return the new columns, and all others, one of which may have been meant by an unknown name."""
        new = {name: TableColumn.unknown(Unknown(name, at)) for name in (self.name, self.value)}
        unsure = {name: TableColumn.unknown(one.node, sure=False) for name, one in table.columns.items()}
        return replace(table.plus(unsure | new), unique=())

    def apply(self, rows: pl.DataFrame, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
        import numpy as np
        import polars as pl

        count = len(self.columns)
        repeated = np.repeat(np.arange(rows.height), count)
        # The values of one column lie behind those of the one before.
        values = pl.concat([rows[name].alias(self.value) for name in self.columns])
        places = np.tile(np.arange(count), rows.height) * rows.height + repeated
        names = pl.Series(self.name, [*self.columns] * rows.height, pl.String)
        return rows.drop(self.columns)[repeated].with_columns(names, values[places])

    def _problems(self, table: Table) -> Iterator[Problem]:
        first = table.columns[self.columns[0]]
        for index, name in enumerate(self.columns[1:], 1):
            column, at = table.columns[name], ("columns", index)
            left, right = first.served, column.served
            notes = (table.note(self.columns[0]), table.note(name))
            if left.known and right.known and left.dtype != right.dtype:
                message = (
                    f"'{self.columns[0]}' is of dtype {left.dtype}, but '{name}' is of dtype {right.dtype}"
                )
                yield Problem("type-mismatch", message, at, "unpivot columns of one dtype", notes=notes)
            elif left.dtype == "string" and first.null_token != column.null_token:
                message = f"a missing '{name}' is not represented by the same string as a missing '{self.columns[0]}'"
                yield Problem(
                    "missing-null-token", message, at, "declare the same 'null_token' for both", notes=notes
                )
        for key, new in (("name", self.name), ("value", self.value)):
            if unusable(new):
                yield bad_name(new, (key,), on="value")
            elif table.has(new) and new not in self.columns:
                message, help_ = (
                    f"there is already a column '{new}'",
                    "choose another name for the new column",
                )
                yield Problem("duplicate-column", message, (key,), help_, notes=(table.note(new),))
