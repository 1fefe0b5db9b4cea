"""The op `impute`: fills in missing values."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mlbuild.columns import DTYPES, NUMERIC, ColumnType, Schema
from mlbuild.data.casts import present
from mlbuild.diagnostics import Problem, Rejected, data_failure
from mlbuild.frozen import frozen
from mlbuild.lowering.graph import Graph
from mlbuild.lowering.value import Value
from mlbuild.ops.columnwise import Columnwise, no_values
from mlbuild.ops.constants import WORDS, read_constant
from mlbuild.ops.missing.flags import flag_name, flag_type, flags_of, lowered_flags
from mlbuild.ops.op import Frame, Placement, State, Target
from mlbuild.params import Boolean, Choice, Json, Scalar, field

if TYPE_CHECKING:
    import polars as pl

STRATEGIES = {
    "mean": "mean of the training rows; an int column becomes float",
    "median": "median of the training rows; an int column becomes float",
    "most_frequent": "most frequent value of the training rows; the smallest if there are several",
    "constant": "the `fill_value`",
}
#: The strategies that compute with values. The others accept every dtype.
COMPUTED = ("mean", "median")


@frozen
class Impute(Columnwise):
    """Replace missing values.

    With `indicator`, a bool column named `{column}_missing` comes right after each column. The state is the value that
    is filled in (dates and datetimes in microseconds since 1970), or null if it is `fill_value`.
    """

    op = "impute"
    takes = tuple(DTYPES)

    strategy: str = field(
        Choice(STRATEGIES),
        "How to choose the replacement. It is computed per column from the training rows.",
    )
    fill_value: Any = field(
        Scalar(),
        "Replacement for strategy `constant`. It must have the dtype of the column; write a date or datetime as an ISO string.",
        default=None,
        examples=(0, "unknown", False, "2013-01-01"),
    )
    indicator: bool = field(
        Boolean(), "Whether to add columns that are true where a value was missing.", default=False
    )

    def check(self) -> Iterator[Problem]:
        if self.strategy == "constant" and self.fill_value is None:
            message = "strategy 'constant' needs 'fill_value'"
            yield Problem("missing-key", message, help="add 'fill_value', the replacement for missing values")
        if self.strategy != "constant" and self.fill_value is not None:
            message = f"'fill_value' has no effect with strategy '{self.strategy}'"
            hint = "remove it, or use strategy 'constant'"
            yield Problem("no-effect", message, ("fill_value",), hint, on="key")

    def canonical(self, schema: Schema) -> Json:
        """Leave out `indicator` unless it is set: artifacts without one have the digest that they always had."""
        told = super().canonical(schema)
        return told if self.indicator else {key: told[key] for key in told if key != "indicator"}

    def infer(self, read: Schema) -> Placement:
        made = super().infer(read)
        if not self.indicator:
            return made
        return {name: made[name].plus(flag_type(name, type_)) for name, type_ in read.items()}

    def infer_column(self, name: str, type_: ColumnType) -> ColumnType:
        if self.strategy in COMPUTED:
            if not type_.numeric:
                raise Rejected(self.unsuitable(name, type_, NUMERIC, f"strategy '{self.strategy}'"))
            return ColumnType("float", finite=type_.finite)
        if self.strategy == "most_frequent" or self.fill_value is None:
            return type_.with_nullable(False)
        return self._with_constant(name, type_)

    def _with_constant(self, name: str, type_: ColumnType) -> ColumnType:
        """Return the type of a column that can also contain `fill_value`, which comes after the categories of the
        contract.
        """
        fill = read_constant(self.fill_value, type_.dtype)
        if fill is None:
            message = f"'fill_value' must be {WORDS[type_.dtype]}, because column '{name}' is {type_.dtype}"
            raise Rejected(Problem("wrong-value", message, ("fill_value",)))
        categories = type_.categories
        if categories is not None and fill not in categories:
            categories = (*categories, fill)
        return replace(type_, nullable=False, categories=categories)

    def fit_column(self, column: pl.Series, type_: ColumnType, target: Target | None) -> Any:
        if self.strategy == "constant":
            return None
        values = present(column)
        if not len(values):
            raise no_values(column)
        value = _LEARN[self.strategy](values)
        if isinstance(value, float) and not math.isfinite(value):
            message = f"the {self.strategy} of column '{column.name}' in the training rows is not finite"
            raise data_failure(message, column=column.name)
        return value

    def apply(self, state: State, rows: Frame, read: Schema) -> list[pl.Series]:
        flags = [flags_of(rows[name]) for name in read] if self.indicator else []
        return super().apply(state, rows, read) + flags

    def apply_column(self, state: Any, column: pl.Series, type_: ColumnType) -> pl.Series:
        import polars as pl

        column = column.cast(pl.Float64) if self.strategy in COMPUTED else column
        if not column.null_count():
            return column
        fill = self._fill(state, type_)
        if type_.temporal:
            return column.fill_null(pl.lit(fill, pl.Int64).cast(pl.Datetime("us")).cast(column.dtype))
        return column.fill_null(pl.lit(fill, column.dtype))

    def lower(
        self, state: State, graph: Graph, values: Mapping[str, Value], read: Schema
    ) -> dict[str, Value]:
        made = super().lower(state, graph, values, read)
        flags = (
            {flag_name(name): lowered_flags(graph, values[name]) for name in read} if self.indicator else {}
        )
        return made | flags

    def lower_column(self, state: Any, graph: Graph, value: Value, type_: ColumnType) -> Value:
        dtype = "float" if self.strategy in COMPUTED else value.dtype
        if value.dtype == "string" and value.absent is None:
            return value
        fill = graph.constant(self._fill(state, type_), value.tensor.element)
        return Value(dtype, graph.call("Where", value.missing(graph), fill, value.tensor))

    def _fill(self, state: Any, type_: ColumnType) -> Any:
        return read_constant(self.fill_value, type_.dtype) if self.strategy == "constant" else state


def _mean(values: pl.Series) -> float:
    import numpy as np
    import polars as pl

    with np.errstate(over="ignore", invalid="ignore"):
        return float(values.cast(pl.Float64).to_numpy().mean())


def _median(values: pl.Series) -> float:
    import numpy as np
    import polars as pl

    with np.errstate(over="ignore", invalid="ignore"):
        return float(np.median(values.cast(pl.Float64).to_numpy()))


def _most_frequent(values: pl.Series) -> Any:
    import polars as pl

    if values.dtype.is_temporal():
        values = values.cast(pl.Datetime("us")).cast(pl.Int64)
    counts = values.alias("value").value_counts(name="rows")
    first = counts.sort("rows", "value", descending=[True, False])["value"][0]
    # 0.0 and -0.0 count as one value, and polars may return either of them. Use 0.0.
    return first + 0.0 if isinstance(first, float) else first


_LEARN = {"mean": _mean, "median": _median, "most_frequent": _most_frequent}
