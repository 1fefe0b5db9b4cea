"""The op `category`: integer codes that a learner treats as categories."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlbuild.columns import ColumnType
from mlbuild.frozen import frozen
from mlbuild.lowering.graph import Graph
from mlbuild.lowering.value import Value
from mlbuild.ops.columnwise import Columnwise
from mlbuild.ops.op import Target
from mlbuild.ops.vocabulary import CATEGORICAL, Codes, fit_vocabulary

if TYPE_CHECKING:
    import polars as pl

#: The maximum number of distinct values in one column.
LIMIT = 100_000


@frozen
class Category(Columnwise):
    """Mark a column as categorical, for learners that split on categories natively, such as LightGBM.

    Codes start at 1. Categories are in the order of the contract, or else in sorted order. A value that is neither
    in the contract nor in the training rows becomes missing. The state is the list of categories.
    """

    op = "category"
    takes = CATEGORICAL

    def infer_column(self, name: str, type_: ColumnType) -> ColumnType:
        return ColumnType("category", nullable=True)

    def fit_column(self, column: pl.Series, type_: ColumnType, target: Target | None) -> list[Any]:
        return fit_vocabulary(self.op, column, type_, LIMIT)

    def apply_column(self, state: list[Any], column: pl.Series, type_: ColumnType) -> pl.Series:
        import polars as pl

        return self._codes(state).apply(column).cast(pl.Float64)

    def lower_column(self, state: list[Any], graph: Graph, value: Value, type_: ColumnType) -> Value:
        return Value("category", self._codes(state).lower(graph, value))

    def _codes(self, words: list[Any]) -> Codes:
        return Codes(words, 1, None, None)
