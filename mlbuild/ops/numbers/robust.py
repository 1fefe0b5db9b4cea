"""The op `robust`: scales numbers by quantiles, which outliers do not move."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from statistics import NormalDist
from typing import TYPE_CHECKING

from mlbuild.columns import NUMERIC, ColumnType
from mlbuild.diagnostics import Problem
from mlbuild.frozen import frozen
from mlbuild.lowering.graph import Graph
from mlbuild.lowering.value import Value
from mlbuild.ops.columnwise import Columnwise
from mlbuild.ops.numbers.learned import all_finite, numbers_of, quantiles, too_large, usable_scale
from mlbuild.ops.numbers.limits import range_problems
from mlbuild.ops.numbers.scaling import lower_scaled, scaled
from mlbuild.ops.op import Target
from mlbuild.params import Boolean, ListOf, Number, field

if TYPE_CHECKING:
    import polars as pl

QUARTILES = (25.0, 75.0)


@frozen
class Robust(Columnwise):
    """Subtract the median of the training rows and divide by the distance between two of their quantiles.

    Quantiles between two values are interpolated linearly, as in scikit-learn's `RobustScaler`. A column whose
    quantiles are equal is not scaled. Missing values stay missing. The state is `center` and `scale`, if they are used.
    """

    op = "robust"
    takes = NUMERIC

    with_centering: bool = field(Boolean(), "Subtract the median of the training rows.", default=True)
    with_scaling: bool = field(
        Boolean(), "Divide by the distance between the quantiles of the training rows.", default=True
    )
    quantile_range: tuple[float, ...] = field(
        ListOf(Number(min=0, max=100), min_items=1),
        "The lower and the upper quantile, in percent.",
        default=QUARTILES,
        examples=([10, 90],),
    )
    unit_variance: bool = field(
        Boolean(),
        "Scale so that normally distributed numbers have variance 1.",
        default=False,
    )

    def check(self) -> Iterator[Problem]:
        if not self.with_centering and not self.with_scaling:
            message = "the step does nothing if 'with_centering' and 'with_scaling' are both false"
            yield Problem("no-effect", message, help="remove the step, or one of the two")
        yield from range_problems("quantile_range", self.quantile_range)
        ineffective = {
            "quantile_range": self.quantile_range != QUARTILES,
            "unit_variance": self.unit_variance,
        }
        for key in (key for key, is_set in ineffective.items() if is_set and not self.with_scaling):
            message = f"'{key}' has no effect with 'with_scaling: false'"
            yield Problem("no-effect", message, (key,), "remove one of the two", on="key")
        if self.unit_variance and {0.0, 100.0} & {*self.quantile_range}:
            message = "'unit_variance' needs quantiles above 0 and below 100, because a normal distribution has no ends"
            yield Problem("contradiction", message, ("unit_variance",), on="key")

    def infer_column(self, name: str, type_: ColumnType) -> ColumnType:
        return ColumnType("float", type_.nullable, finite=type_.finite)

    def fit_column(self, column: pl.Series, type_: ColumnType, target: Target | None) -> dict[str, float]:
        import numpy as np

        values = numbers_of(column)
        with np.errstate(over="ignore", invalid="ignore"):
            center = float(np.median(values))
        low, high = quantiles(values, self.quantile_range)
        scale = usable_scale(high - low) / self._unit()
        learned = {"center": center} if self.with_centering else {}
        learned |= {"scale": scale} if self.with_scaling else {}
        if not all_finite(*learned.values()):
            raise too_large(column)
        return learned

    def _unit(self) -> float:
        """Return the distance between the quantiles of a normal distribution with variance 1; otherwise 1."""
        if not self.unit_variance:
            return 1.0
        low, high = (NormalDist().inv_cdf(quantile / 100) for quantile in self.quantile_range)
        return high - low

    def apply_column(self, state: Mapping[str, float], column: pl.Series, type_: ColumnType) -> pl.Series:
        return scaled(column, state.get("center"), state.get("scale"))

    def lower_column(
        self, state: Mapping[str, float], graph: Graph, value: Value, type_: ColumnType
    ) -> Value:
        return lower_scaled(graph, value, state.get("center"), state.get("scale"))
