"""The op `limit`: limits numbers to the range of the training rows."""

from __future__ import annotations

from mlbuild.frozen import frozen

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mlbuild.columns import NUMERIC, ColumnType
from mlbuild.diagnostics import data_failure
from mlbuild.lowering.graph import Graph
from mlbuild.lowering.value import Value
from mlbuild.ops.columnwise import Columnwise
from mlbuild.ops.op import Target

if TYPE_CHECKING:
    import polars as pl


@frozen
class Limit(Columnwise):
    """Replace numbers outside the range of the training rows by its nearest end. Missing values stay missing."""

    op = "limit"
    takes = NUMERIC

    def infer_column(self, name: str, type_: ColumnType) -> ColumnType:
        return ColumnType("float", type_.nullable)

    def fit_column(self, column: pl.Series, type_: ColumnType, target: Target | None) -> dict[str, float]:
        import polars as pl

        values = column.cast(pl.Float64).drop_nulls()
        if values.is_empty() or values.is_infinite().any():
            raise data_failure(
                f"column '{column.name}' has no range in the training rows", column=column.name
            )
        low, high = values.sort().gather([0, len(values) - 1]).to_list()
        return {"low": low + 0.0, "high": high + 0.0}

    def apply_column(self, state: Mapping[str, float], column: pl.Series, type_: ColumnType) -> pl.Series:
        import polars as pl

        return column.cast(pl.Float64).clip(state["low"], state["high"])

    def lower_column(
        self, state: Mapping[str, float], graph: Graph, value: Value, type_: ColumnType
    ) -> Value:
        low, high = graph.constant(state["low"]), graph.constant(state["high"])
        above = graph.call("Where", graph.call("Less", value.tensor, low), low, value.tensor)
        return Value("float", graph.call("Where", graph.call("Greater", above, high), high, above))
