"""Shared by ops that replace each category by a value of the state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mlbuild.frozen import frozen
from mlbuild.lowering.graph import Graph
from mlbuild.lowering.operators import ML
from mlbuild.lowering.value import Value

if TYPE_CHECKING:
    import polars as pl


@frozen
class Numbers:
    """A number for each of `words`, and one for any other value. `missing` is that of a missing value (None: missing)."""

    words: Sequence[Any]
    numbers: Sequence[float]
    other: float
    missing: float | None

    def apply(self, column: pl.Series) -> pl.Series:
        """Return the numbers of the values of a column, as Float64."""
        import polars as pl

        words = pl.Series([*self.words, None], dtype=column.dtype)
        numbers = pl.Series([*self.numbers, self.missing], dtype=pl.Float64)
        return column.replace_strict(words, numbers, default=self.other, return_dtype=pl.Float64)

    def lower(self, graph: Graph, value: Value, dtype: str) -> Value:
        """Do the same in the graph."""
        import numpy as np

        found = graph.call(
            "LabelEncoder",
            value.tensor,
            element="double",
            domain=ML,
            keys_tensor=np.array(self.words, dtype=object if value.dtype == "string" else "float64"),
            values_tensor=np.array(self.numbers, dtype="float64"),
            default_tensor=np.array([self.other]),
        )
        if value.dtype == "string" and value.absent is None:
            return Value(dtype, found)
        missing = graph.constant(float("nan") if self.missing is None else self.missing)
        return Value(dtype, graph.call("Where", value.missing(graph), missing, found))
