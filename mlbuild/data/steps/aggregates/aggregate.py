"""The dataset step `aggregate`: makes one row of each group of rows with the same key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from mlbuild.data.casts import schema_of
from mlbuild.data.lineage import Decision, Pooled, Unknown, rows_behind
from mlbuild.data.steps.aggregates.aggregation import Ranges, aggregated, zeros_without_sign
from mlbuild.data.steps.aggregates.calls import Calls
from mlbuild.data.steps.step import DatasetStep, unknown_columns
from mlbuild.data.table import Columns, Table, TableColumn
from mlbuild.diagnostics import Path, Rejected
from mlbuild.expressions.aggregates import OF_GROUPS, bind_call
from mlbuild.expressions.rows import polars_dtype
from mlbuild.frozen import frozen
from mlbuild.kinds import Aggregate as Call
from mlbuild.params import Json, ListOf, MapOf, Name, field, write

if TYPE_CHECKING:
    import polars as pl


@frozen
class Aggregate(DatasetStep):
    """Combine all rows that have the same values in the columns `by` into one row. All other columns are dropped.

    Missing values in `by` are a group of their own. The new rows are sorted by `by`, missing values last. `SUM`, `AVG`,
    `MIN` and `MAX` ignore missing values, and are missing if there are no others. Sums are exact and rounded once, so
    they do not depend on the order of the rows. For the artifact, the results are raw columns.
    """

    op = "aggregate"
    discriminator = ("op", "aggregate")
    rows = "grouped"

    by_: tuple[str, ...] = field(
        ListOf(Name("column"), or_one=True, min_items=1, unique=True),
        "Columns that identify a group. The new rows are unique in them.",
        key="by",
    )
    columns: Mapping[str, str] = field(
        MapOf(Call(OF_GROUPS), min_items=1),
        "New columns by name: `COUNT(*)` for the number of rows; `COUNT`, `COUNT(DISTINCT ...)`, `SUM`, `AVG`, `MIN` and `MAX` of an expression over the columns before this step.",
        examples=({"total": "SUM(amount)", "orders": "COUNT(*)"},),
    )

    def infer(self, table: Table, others: Mapping[str, Table], at: Path = ()) -> Table:
        problems = [*unknown_columns("by", self.by_, table)]
        calls = Calls(self.columns, OF_GROUPS, can_be_empty=False)
        if problems := [*problems, *calls.problems(table, self.by_)]:
            raise Rejected(*problems)
        chosen = (table.chosen,) if table.chosen else ()
        behind = rows_behind(node for call in calls.bound(table) for node in table.nodes(call.names))
        by = (*table.nodes(self.by_), *chosen)
        grouping = Decision("", at, by, what="rows are aggregated")
        match = Decision("", at, (*by, *behind), what="rows are aggregated")
        keys = {
            name: replace(table.columns[name], node=Pooled(name, (*at, "by"), (node,)))
            for name, node in zip(self.by_, table.nodes(self.by_), strict=True)
        }
        return replace(
            table,
            columns=Columns.of(keys | calls.columns(table, at, match)),
            unique=(tuple(column.node for column in keys.values()),),
            chosen=grouping,
            ordered=None,
            dropped=table.without(table.columns, at).dropped,
        )

    def doubtful(self, table: Table, at: Path) -> Table:
        """Return the columns that were meant. Others are gone."""
        keys = {name: table.columns[name] for name in self.by_ if name in table.columns}
        unknown = {name: TableColumn.unknown(Unknown(name, at)) for name in (*self.by_, *self.columns)}
        return replace(table, columns=Columns.of(unknown | keys), unique=())

    def canonical(self, table: Table, slots: Mapping[str, str]) -> Json:
        return write(self) | {"columns": Calls(self.columns, OF_GROUPS, can_be_empty=False).trees(table)}

    def apply(self, rows: pl.DataFrame, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
        import numpy as np
        import polars as pl

        calls = {name: bind_call(call, schema_of(rows), OF_GROUPS) for name, call in self.columns.items()}
        read = dict.fromkeys([*self.by_, *(name for call in calls.values() for name in call.names)])
        rows = zeros_without_sign(rows.select([*read])).sort(self.by_, nulls_last=True)
        keys = rows.select(self.by_)
        new = pl.any_horizontal(pl.all().ne_missing(pl.all().shift(1)))
        start = keys.select(new | (pl.int_range(pl.len()) == 0)).to_series().arg_true().to_numpy()
        start = start.astype(np.int64)
        end = np.append(start[1:], rows.height)[: len(start)]
        ranges = Ranges(start, end, start)
        made = {name: aggregated(call, rows, ranges).alias(name) for name, call in calls.items()}
        dtypes = {name: polars_dtype(call.type(can_be_empty=False).dtype) for name, call in calls.items()}
        return keys[start].with_columns(column.cast(dtypes[name]) for name, column in made.items())
