"""The op `min_max`: scales numbers to a given range."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from mlbuild.columns import NUMERIC, ColumnType
from mlbuild.diagnostics import Problem
from mlbuild.frozen import frozen
from mlbuild.lowering.graph import Graph
from mlbuild.lowering.value import Value
from mlbuild.ops.columnwise import Columnwise
from mlbuild.ops.numbers.learned import all_finite, numbers_of, too_large, usable_scale
from mlbuild.ops.numbers.limits import limited, range_problems
from mlbuild.ops.op import Target
from mlbuild.params import Boolean, ListOf, Number, field

if TYPE_CHECKING:
    import polars as pl


@frozen
class MinMax(Columnwise):
    """Scale numbers so that the smallest and the largest of the training rows become the ends of a range.

    The result is `x * scale + min`, as that of scikit-learn's `MinMaxScaler`. A constant column is only moved to the
    lower end. Other rows can be outside the range, unless `clip` is set. Missing values stay missing. The state is
    `scale` and `min`.
    """

    op = "min_max"
    takes = NUMERIC

    feature_range: tuple[float, ...] = field(
        ListOf(Number(), min_items=1),
        "The lower and the upper end of the range.",
        default=(0.0, 1.0),
        examples=([-1, 1],),
    )
    clip: bool = field(
        Boolean(), "Whether values outside the range of the training rows become its ends.", default=False
    )

    def check(self) -> Iterator[Problem]:
        yield from range_problems("feature_range", self.feature_range)

    def infer_column(self, name: str, type_: ColumnType) -> ColumnType:
        return ColumnType("float", type_.nullable, finite=type_.finite or self.clip)

    def fit_column(self, column: pl.Series, type_: ColumnType, target: Target | None) -> dict[str, float]:
        import numpy as np

        values = numbers_of(column)
        low, high = self.feature_range
        with np.errstate(over="ignore", invalid="ignore"):
            smallest = float(values.min())
            scale = (high - low) / usable_scale(float(values.max() - values.min()))
            offset = low - smallest * scale
        # A scale of 0 is 1 / inf, or less than every float. It would make infinite values undefined.
        if not all_finite(scale, offset) or not scale:
            raise too_large(column)
        return {"scale": scale, "min": offset}

    def apply_column(self, state: Mapping[str, float], column: pl.Series, type_: ColumnType) -> pl.Series:
        import polars as pl

        scaled = column.cast(pl.Float64) * state["scale"] + state["min"]
        return scaled.clip(*self.feature_range) if self.clip else scaled

    def lower_column(
        self, state: Mapping[str, float], graph: Graph, value: Value, type_: ColumnType
    ) -> Value:
        scaled = graph.call("Mul", value.tensor, graph.constant(state["scale"]))
        scaled = graph.call("Add", scaled, graph.constant(state["min"]))
        return Value("float", limited(graph, scaled, *self.feature_range) if self.clip else scaled)
