"""The op `standard`: scales numbers to mean 0 and standard deviation 1."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from mlbuild.columns import NUMERIC, ColumnType
from mlbuild.data.casts import present
from mlbuild.diagnostics import Problem, data_failure
from mlbuild.frozen import frozen
from mlbuild.lowering.graph import Graph
from mlbuild.lowering.value import Value
from mlbuild.ops.columnwise import Columnwise
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

    with_mean: bool = field(Boolean(), "Subtract the mean of the train rows.", default=True)
    with_std: bool = field(Boolean(), "Divide by the standard deviation of the train rows.", default=True)

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
        import polars as pl

        column = column.cast(pl.Float64)
        if self.with_mean:
            column = column - state["mean"]
        # Not a division: polars replaces division by a number with this multiplication, and the last bit can
        # differ.
        return column * (1 / state["scale"]) if self.with_std else column

    def lower_column(
        self, state: Mapping[str, float], graph: Graph, value: Value, type_: ColumnType
    ) -> Value:
        tensor = value.tensor
        if self.with_mean:
            tensor = graph.call("Sub", tensor, graph.constant(state["mean"]))
        if self.with_std:
            tensor = graph.call("Mul", tensor, graph.constant(1 / state["scale"]))
        return Value("float", tensor)


def _mean_and_scale(column: pl.Series) -> tuple[float, float]:
    """Compute the mean and standard deviation of the non-missing values; 1 for a column that is constant up to
    rounding.

    The bound is that of scikit-learn (`sklearn.preprocessing._data._is_constant_feature`).

    Raises:
        Failed: There are no values, or the sums are not finite.
    """
    import numpy as np
    import polars as pl

    values = present(column).cast(pl.Float64).to_numpy()
    if not len(values):
        raise data_failure(f"column '{column.name}' has no values in the train rows", column=column.name)
    with np.errstate(over="ignore", invalid="ignore"):
        mean = float(values.mean())
        variance = float(np.square(values - mean).mean())
    if not math.isfinite(mean) or not math.isfinite(variance):
        message = f"column '{column.name}' has values in the train rows that are infinite or too large"
        raise data_failure(message, column=column.name)
    error = len(values) * EPSILON * mean
    rounding = len(values) * EPSILON * variance + error * error
    return mean, 1.0 if variance <= rounding else math.sqrt(variance)
