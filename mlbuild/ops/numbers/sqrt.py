"""The op `sqrt`: square roots."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlbuild.columns import NUMERIC, ColumnType
from mlbuild.frozen import frozen
from mlbuild.lowering.graph import Graph
from mlbuild.lowering.value import Value
from mlbuild.ops.columnwise import Columnwise
from mlbuild.ops.numbers.arrays import as_column, as_floats
from mlbuild.ops.op import Target

if TYPE_CHECKING:
    import polars as pl


@frozen
class Sqrt(Columnwise):
    """Replace numbers by their square root. A negative number becomes missing. The op learns nothing."""

    op = "sqrt"
    takes = NUMERIC

    def infer_column(self, name: str, type_: ColumnType) -> ColumnType:
        return ColumnType("float", nullable=True, finite=type_.finite)

    def fit_column(self, column: pl.Series, type_: ColumnType, target: Target | None) -> None:
        return None

    def apply_column(self, state: None, column: pl.Series, type_: ColumnType) -> pl.Series:
        import numpy as np

        with np.errstate(invalid="ignore"):
            return as_column(column.name, np.sqrt(as_floats(column)))

    def lower_column(self, state: None, graph: Graph, value: Value, type_: ColumnType) -> Value:
        return Value("float", graph.call("Sqrt", value.tensor))
