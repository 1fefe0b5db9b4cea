"""The op `log`: logarithms."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mlbuild.columns import NUMERIC, ColumnType, Schema
from mlbuild.frozen import frozen
from mlbuild.lowering.graph import Graph
from mlbuild.lowering.value import Value
from mlbuild.ops.columnwise import Columnwise
from mlbuild.ops.numbers.arrays import as_column, as_floats
from mlbuild.ops.numbers.exponentials import ROUNDING, log1p
from mlbuild.ops.op import Target
from mlbuild.params import Choice, Number, field

if TYPE_CHECKING:
    import polars as pl

FUNCTIONS = {
    "log": "the logarithm of x; missing if x is not positive",
    "log1p": "the logarithm of 1 + x, exact for small x; missing if x is not above -1",
}


@frozen
class Log(Columnwise):
    """Replace numbers by their logarithm. A number that has none becomes missing.

    The artifact may differ by a relative error of 1e-12. The op learns nothing.
    """

    op = "log"
    takes = NUMERIC

    function: str = field(Choice(FUNCTIONS), "What to compute.", default="log")
    base: float | None = field(
        Number(above=1),
        "The base of the logarithm. Default: the natural logarithm.",
        default=None,
        examples=(10, 2),
    )

    def infer_column(self, name: str, type_: ColumnType) -> ColumnType:
        return ColumnType("float", nullable=True, finite=type_.finite)

    def tolerance(self, read: Schema) -> float:
        return ROUNDING

    def fit_column(self, column: pl.Series, type_: ColumnType, target: Target | None) -> None:
        return None

    def apply_column(self, state: None, column: pl.Series, type_: ColumnType) -> pl.Series:
        import numpy as np

        numbers = as_floats(column)
        with np.errstate(invalid="ignore", divide="ignore"):
            found = np.log(numbers) if self.function == "log" else np.log1p(numbers)
        found[~(numbers > self._above)] = np.nan
        return as_column(column.name, found * self._factor)

    def lower_column(self, state: None, graph: Graph, value: Value, type_: ColumnType) -> Value:
        tensor = value.tensor
        found = graph.call("Log", tensor) if self.function == "log" else log1p(graph, tensor)
        positive = graph.call("Greater", tensor, graph.constant(self._above))
        found = graph.call("Where", positive, found, graph.constant(math.nan))
        if self.base is not None:
            found = graph.call("Mul", found, graph.constant(self._factor))
        return Value("float", found)

    @property
    def _above(self) -> float:
        return 0.0 if self.function == "log" else -1.0

    @property
    def _factor(self) -> float:
        return 1.0 if self.base is None else 1 / math.log(self.base)
