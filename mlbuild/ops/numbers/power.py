"""The op `power`: makes the distribution of numbers more like a normal one."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING

from mlbuild.columns import NUMERIC, ColumnType, Schema
from mlbuild.diagnostics import data_failure
from mlbuild.frozen import frozen
from mlbuild.lowering.graph import Graph, Tensor
from mlbuild.lowering.value import Value
from mlbuild.ops.columnwise import Columnwise
from mlbuild.ops.numbers.arrays import as_column, as_floats
from mlbuild.ops.numbers.exponentials import ROUNDING, log1p, power_minus_1
from mlbuild.ops.numbers.learned import numbers_of, too_large
from mlbuild.ops.op import Target
from mlbuild.params import Choice, field

if TYPE_CHECKING:
    import polars as pl

    from mlbuild.ops.numbers.arrays import Floats

METHODS = {
    "yeo-johnson": "for all numbers (Yeo and Johnson, 2000)",
    "box-cox": "for positive numbers; other numbers become missing (Box and Cox, 1964)",
}
#: An exponent in place of 0, for which the formulas divide by zero. The results are those of the limit, a logarithm.
ALMOST_0 = 1e-30


@frozen
class Power(Columnwise):
    """Raise numbers to a power that makes their distribution as normal as possible.

    The exponent is the most likely one for the training rows, found by scikit-learn's `PowerTransformer`. The result is
    not standardized: use `standard` after it. Missing values stay missing. The artifact may differ by a relative error of
    1e-12. The state is the exponent.
    """

    op = "power"
    takes = NUMERIC

    method: str = field(Choice(METHODS), "The formula.", default="yeo-johnson")

    def infer_column(self, name: str, type_: ColumnType) -> ColumnType:
        return ColumnType("float", type_.nullable or self.method == "box-cox", finite=type_.finite)

    def tolerance(self, read: Schema) -> float:
        return ROUNDING

    def fit_column(self, column: pl.Series, type_: ColumnType, target: Target | None) -> float:
        import numpy as np

        # Sums depend on the order of rows, and an optimizer magnifies the difference.
        values = np.sort(numbers_of(column))
        if self.method == "box-cox":
            values = values[values > 0]
            if not len(values):
                message = f"column '{column.name}' has no positive values in the training rows"
                raise data_failure(message, column=column.name)
        if not np.isfinite(values).all():
            raise too_large(column)
        exponent = 1.0 if values[0] == values[-1] else _most_likely(self.method, values)
        if not math.isfinite(exponent):
            raise too_large(column)
        return exponent

    def apply_column(self, state: float, column: pl.Series, type_: ColumnType) -> pl.Series:
        import numpy as np

        numbers = as_floats(column)
        with np.errstate(all="ignore"):
            if self.method == "box-cox":
                made = _power(numbers, np.log(numbers), state or ALMOST_0)
                made[~(numbers > 0)] = np.nan
            else:
                size = np.abs(numbers)
                exponent = np.where(numbers < 0, (2 - state) or ALMOST_0, state or ALMOST_0)
                made = _power(1 + size, np.log1p(size), exponent)
                made = np.where(numbers < 0, -made, made)
        return as_column(column.name, made)

    def lower_column(self, state: float, graph: Graph, value: Value, type_: ColumnType) -> Value:
        tensor, zero = value.tensor, graph.constant(0.0)
        exponent = graph.constant(state or ALMOST_0)
        if self.method == "box-cox":
            made = _lowered(graph, tensor, graph.call("Log", tensor), exponent)
            positive = graph.call("Greater", tensor, zero)
            return Value("float", graph.call("Where", positive, made, graph.constant(math.nan)))
        negative, size = graph.call("Less", tensor, zero), graph.call("Abs", tensor)
        exponent = graph.call("Where", negative, graph.constant((2 - state) or ALMOST_0), exponent)
        base = graph.call("Add", graph.constant(1.0), size)
        made = _lowered(graph, base, log1p(graph, size), exponent)
        return Value("float", graph.call("Where", negative, graph.call("Neg", made), made))


def _power(base: Floats, log: Floats, exponent: Floats | float) -> Floats:
    """Return (base ** exponent - 1) / exponent; `log` is the logarithm of the base."""
    import numpy as np

    y = log * exponent
    made: Floats = np.where(np.abs(y) < 1, np.expm1(y), base**exponent - 1) / exponent
    return made


def _lowered(graph: Graph, base: Tensor, log: Tensor, exponent: Tensor) -> Tensor:
    """Do the same in the graph."""
    return graph.call("Div", power_minus_1(graph, base, log, exponent), exponent)


def _most_likely(method: str, values: Floats) -> float:
    """Return the exponent of the highest likelihood; not a number if there is none."""
    import numpy as np
    from sklearn.preprocessing import PowerTransformer

    transformer = PowerTransformer(method=method, standardize=False)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(transformer.fit(values.reshape(-1, 1)).lambdas_[0])
