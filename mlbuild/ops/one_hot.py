"""The op `one_hot`: one column of zeros and ones for each category."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlbuild.columns import ColumnType
from mlbuild.lowering.graph import Graph
from mlbuild.lowering.value import Value
from mlbuild.ops.columnwise import Columnwise
from mlbuild.ops.vocabulary import CATEGORICAL, Codes, fit_vocabulary
from mlbuild.params import Choice, field

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

#: Different values of one column; each is a column of the matrix that a learner gets.
LIMIT = 10_000
MISSING = {
    "ignore": "a missing value is zero everywhere",
    "indicator": "a missing value has a place of its own, the last",
}


@dataclass(frozen=True)
class OneHot(Columnwise):
    """Replace a column by a vector with a one at the place of its category and zeros elsewhere.

    Places follow the contract's order, else sorted order. A value that is in neither the contract's categories nor
    the train rows is zero everywhere. The column keeps its name. The state is the list of categories.
    """

    op = "one_hot"
    discriminator = ("op", "one_hot")
    takes = CATEGORICAL

    handle_missing: str = field(Choice(MISSING), "What becomes of a missing value.", default="ignore")

    def infer_column(self, name: str, type_: ColumnType) -> ColumnType:
        return ColumnType("vector")

    def fit_column(self, column: pl.Series, type_: ColumnType) -> list[Any]:
        return fit_vocabulary(self.op, column, type_, LIMIT)

    def apply_column(self, state: list[Any], column: pl.Series, type_: ColumnType) -> pl.Series:
        import polars as pl

        places = self._codes(state).apply(column).to_numpy()
        return pl.Series(column.name, self._rows(state)[places])

    def lower_column(self, state: list[Any], graph: Graph, value: Value, type_: ColumnType) -> Value:
        places = self._codes(state).lower(graph, value, "int64")
        flat = graph.call("Squeeze", places, graph.constant([1], "int64"), element="int64")
        rows = graph.constant(self._rows(state))
        return Value("vector", graph.call("Gather", rows, flat, element="double"))

    def _width(self, words: list[Any]) -> int:
        return len(words) + (self.handle_missing == "indicator")

    def _codes(self, words: list[Any]) -> Codes:
        """The row of `_rows` for each value: its place, or the row of zeros behind all places."""
        zeros = self._width(words)
        return Codes(words, 0, zeros, len(words) if self.handle_missing == "indicator" else zeros)

    def _rows(self, words: list[Any]) -> np.ndarray[Any, Any]:
        import numpy as np

        width = self._width(words)
        return np.eye(width + 1, width)
