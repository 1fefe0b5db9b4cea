"""The op `winsorize`: limits numbers to quantiles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from mlbuild.columns import NUMERIC, ColumnType
from mlbuild.diagnostics import Problem
from mlbuild.frozen import frozen
from mlbuild.lowering.graph import Graph
from mlbuild.lowering.value import Value
from mlbuild.ops.columnwise import Columnwise
from mlbuild.ops.numbers.learned import all_finite, numbers_of, quantiles, too_large
from mlbuild.ops.numbers.limits import limited, range_problems
from mlbuild.ops.op import Target
from mlbuild.params import ListOf, Number, field

if TYPE_CHECKING:
    import polars as pl


@frozen
class Winsorize(Columnwise):
    """Replace numbers beyond two quantiles of the training rows by the nearer quantile.

    Quantiles between two values are interpolated linearly. Infinite values become the quantile on their side. Missing
    values stay missing. The state is the two quantiles, `min` and `max`.
    """

    op = "winsorize"
    takes = NUMERIC

    quantile_range: tuple[float, ...] = field(
        ListOf(Number(min=0, max=100), min_items=1),
        "The lower and the upper quantile, in percent.",
        default=(1.0, 99.0),
        examples=([5, 95], [0, 99.5]),
    )

    def check(self) -> Iterator[Problem]:
        yield from range_problems("quantile_range", self.quantile_range)

    def infer_column(self, name: str, type_: ColumnType) -> ColumnType:
        return ColumnType("float", type_.nullable)

    def fit_column(self, column: pl.Series, type_: ColumnType, target: Target | None) -> dict[str, float]:
        low, high = quantiles(numbers_of(column), self.quantile_range)
        if not all_finite(low, high):
            raise too_large(column)
        # Interpolation can round the two apart in the wrong order.
        return {"min": min(low, high), "max": high}

    def apply_column(self, state: Mapping[str, float], column: pl.Series, type_: ColumnType) -> pl.Series:
        import polars as pl

        return column.cast(pl.Float64).clip(state["min"], state["max"])

    def lower_column(
        self, state: Mapping[str, float], graph: Graph, value: Value, type_: ColumnType
    ) -> Value:
        return Value("float", limited(graph, value.tensor, state["min"], state["max"]))
