"""The dataset step `filter`: keeps the rows for which an expression is true."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from mlbuild.columns import UNKNOWN, ColumnType
from mlbuild.data.casts import schema_of
from mlbuild.data.lineage import Decision
from mlbuild.data.steps.step import DatasetStep, bind_at
from mlbuild.data.table import Table
from mlbuild.diagnostics import Path, Problem, Rejected
from mlbuild.expressions.binding import bind
from mlbuild.expressions.filters import known_not_null
from mlbuild.frozen import frozen
from mlbuild.params import Expression, Json, field, write

if TYPE_CHECKING:
    import polars as pl


@frozen
class Filter(DatasetStep):
    """Keep the rows for which an expression is true, and drop those for which it is false or missing."""

    op = "filter"
    discriminator = ("op", "filter")

    where: str = field(
        Expression(),
        "SQL condition that is true for the rows to keep.",
        examples=("arr_delay IS NOT NULL",),
    )

    def infer(self, table: Table, others: Mapping[str, Table], at: Path = ()) -> Table:
        where = bind_at(("where",), self.where, table.trained)
        if where.type.known and where.type.dtype != "bool":
            message = f"a filter needs a condition of dtype bool, but this is of dtype {where.type.dtype}"
            raise Rejected(Problem("type-mismatch", message, ("where",)))
        by = Decision("", at, tuple(table.nodes(where.names)), what="rows are filtered")
        return table.filtered(by, known_not_null(where))

    def doubtful(self, table: Table, at: Path) -> Table:
        """Columns whose values in the remaining rows can be anything."""
        unknown = ColumnType(UNKNOWN)
        columns = {name: replace(column, trained=unknown) for name, column in table.columns.items()}
        return table.plus(columns)

    def canonical(self, table: Table, slots: Mapping[str, str]) -> Json:
        return write(self) | {"where": bind(self.where, table.trained).tree}

    def apply(self, rows: pl.DataFrame, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
        return rows.filter(bind(self.where, schema_of(rows)).to_polars())
