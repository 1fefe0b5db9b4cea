"""The op `round`: rounds numbers to decimals."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlbuild.columns import NUMERIC, ColumnType
from mlbuild.frozen import frozen
from mlbuild.lowering.graph import Graph
from mlbuild.lowering.value import Value
from mlbuild.ops.columnwise import Columnwise
from mlbuild.ops.numbers.arrays import as_column, as_floats
from mlbuild.ops.op import Target
from mlbuild.params import Integer, field

if TYPE_CHECKING:
    import polars as pl

#: From this magnitude on, every double is an integer.
WHOLE = 2.0**52


@frozen
class Round(Columnwise):
    """Round numbers to a number of decimals; halves are rounded to even digits, as in numpy and polars.

    An int column stays int. Missing and infinite values stay as they are, and so do numbers with too many digits to
    have such decimals. The op learns nothing.
    """

    op = "round"
    takes = NUMERIC

    decimals: int = field(
        Integer(min=-15, max=15),
        "The number of decimals. A negative number rounds to tens, hundreds and so on.",
        default=0,
        examples=(2, -3),
    )

    def infer_column(self, name: str, type_: ColumnType) -> ColumnType:
        return replace(type_, categories=None)

    def fit_column(self, column: pl.Series, type_: ColumnType, target: Target | None) -> None:
        return None

    def apply_column(self, state: None, column: pl.Series, type_: ColumnType) -> pl.Series:
        import numpy as np

        if self._idle(type_):
            return column
        numbers, unit = as_floats(column), self._unit
        with np.errstate(over="ignore"):
            scaled = numbers * unit if self.decimals > 0 else numbers / unit
            whole = np.rint(scaled)
            rounded = whole / unit if self.decimals > 0 else whole * unit
        kept = np.where(np.abs(scaled) < WHOLE, rounded, numbers)
        return as_column(column.name, kept).cast(column.dtype)

    def lower_column(self, state: None, graph: Graph, value: Value, type_: ColumnType) -> Value:
        if self._idle(type_):
            return value
        if not self.decimals:
            return Value(type_.dtype, graph.call("Round", value.tensor))
        unit = graph.constant(self._unit)
        there, back = ("Mul", "Div") if self.decimals > 0 else ("Div", "Mul")
        scaled = graph.call(there, value.tensor, unit)
        rounded = graph.call(back, graph.call("Round", scaled), unit)
        small = graph.call("Less", graph.call("Abs", scaled), graph.constant(WHOLE))
        return Value(type_.dtype, graph.call("Where", small, rounded, value.tensor))

    @property
    def _unit(self) -> float:
        return 10.0 ** abs(self.decimals)

    def _idle(self, type_: ColumnType) -> bool:
        """Whether every value of the column is rounded already."""
        return type_.dtype == "int" and self.decimals >= 0
