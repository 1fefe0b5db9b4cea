"""The op `max_abs`: divides numbers by the largest magnitude."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlbuild.columns import NUMERIC, ColumnType
from mlbuild.frozen import frozen
from mlbuild.lowering.graph import Graph
from mlbuild.lowering.value import Value
from mlbuild.ops.columnwise import Columnwise
from mlbuild.ops.numbers.learned import all_finite, numbers_of, too_large, usable_scale
from mlbuild.ops.numbers.scaling import lower_scaled, scaled
from mlbuild.ops.op import Target

if TYPE_CHECKING:
    import polars as pl


@frozen
class MaxAbs(Columnwise):
    """Divide numbers by the largest magnitude in the training rows, so that those are from -1 to 1. Zero stays zero.

    A column of zeros is not scaled. Missing values stay missing. The state is the largest magnitude.
    """

    op = "max_abs"
    takes = NUMERIC

    def infer_column(self, name: str, type_: ColumnType) -> ColumnType:
        return ColumnType("float", type_.nullable, finite=type_.finite)

    def fit_column(self, column: pl.Series, type_: ColumnType, target: Target | None) -> float:
        import numpy as np

        scale = usable_scale(float(np.abs(numbers_of(column)).max()))
        if not all_finite(scale):
            raise too_large(column)
        return scale

    def apply_column(self, state: float, column: pl.Series, type_: ColumnType) -> pl.Series:
        return scaled(column, None, state)

    def lower_column(self, state: float, graph: Graph, value: Value, type_: ColumnType) -> Value:
        return lower_scaled(graph, value, None, state)
