"""The op `standard`: scales numbers to mean 0 and standard deviation 1."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from mlbuild.columns import NUMERIC, ColumnType
from mlbuild.diagnostics import Problem
from mlbuild.frozen import frozen
from mlbuild.lowering.graph import Graph
from mlbuild.lowering.value import Value
from mlbuild.ops.columnwise import Columnwise
from mlbuild.ops.numbers.learned import all_finite, numbers_of, too_large
from mlbuild.ops.numbers.scaling import lower_scaled, scaled
from mlbuild.ops.op import Target
from mlbuild.params import Boolean, field

if TYPE_CHECKING:
    import polars as pl

EPSILON = 2.0**-52


@frozen
class Standard(Columnwise):
    """Subtract the mean of the training rows and divide by their standard deviation.

    This is the population standard deviation (ddof 0). A constant column is not scaled. Missing values stay
    missing. The state is `mean` and `scale`, if they are used.
    """

    op = "standard"
    takes = NUMERIC

    with_mean: bool = field(Boolean(), "Subtract the mean of the training rows.", default=True)
    with_std: bool = field(Boolean(), "Divide by the standard deviation of the training rows.", default=True)

    def check(self) -> Iterator[Problem]:
        if not self.with_mean and not self.with_std:
            message = "the step does nothing if 'with_mean' and 'with_std' are both false"
            yield Problem("no-effect", message, help="remove the step, or one of the two")

    def infer_column(self, name: str, type_: ColumnType) -> ColumnType:
        return ColumnType("float", type_.nullable, finite=type_.finite)

    def fit_column(self, column: pl.Series, type_: ColumnType, target: Target | None) -> dict[str, float]:
        mean, scale = _mean_and_scale(column)
        learned = {"mean": mean} if self.with_mean else {}
        return learned | ({"scale": scale} if self.with_std else {})

    def apply_column(self, state: Mapping[str, float], column: pl.Series, type_: ColumnType) -> pl.Series:
        return scaled(column, state.get("mean"), state.get("scale"))

    def lower_column(
        self, state: Mapping[str, float], graph: Graph, value: Value, type_: ColumnType
    ) -> Value:
        return lower_scaled(graph, value, state.get("mean"), state.get("scale"))


def _mean_and_scale(column: pl.Series) -> tuple[float, float]:
    """Compute the mean and standard deviation of the non-missing values; 1 for a column that is constant up to
    rounding.

    The bound is that of scikit-learn (`sklearn.preprocessing._data._is_constant_feature`).

    Raises:
        Failed: There are no values, or the sums are not finite.
    """
    import numpy as np

    values = numbers_of(column)
    with np.errstate(over="ignore", invalid="ignore"):
        mean = float(values.mean())
        variance = float(np.square(values - mean).mean())
    if not all_finite(mean, variance):
        raise too_large(column)
    error = len(values) * EPSILON * mean
    rounding = len(values) * EPSILON * variance + error * error
    return mean, 1.0 if variance <= rounding else math.sqrt(variance)
