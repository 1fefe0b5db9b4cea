"""The op `one_hot`: one element of zero or one for each category."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlbuild.columns import ColumnType, text_of
from mlbuild.frozen import frozen
from mlbuild.lowering.graph import Graph
from mlbuild.lowering.value import Value
from mlbuild.ops.columnwise import Columnwise
from mlbuild.ops.op import State, Target
from mlbuild.ops.vocabulary import CATEGORICAL, Codes, fit_vocabulary
from mlbuild.params import Choice, field

if TYPE_CHECKING:
    import polars as pl

#: The maximum number of distinct values in one column. Each is a column of the learner's matrix.
LIMIT = 10_000
MISSING = {
    "ignore": "a missing value becomes all zeros",
    "indicator": "a missing value has its own position, the last",
}


@frozen
class OneHot(Columnwise):
    """Replace a column with a vector that is one at the position of the category and zero elsewhere.

    Positions are in the order of the contract, or else in sorted order. A value that is neither in the contract nor
    in the training rows is zero everywhere. The column keeps its name. The state is the list of categories.
    """

    op = "one_hot"
    takes = CATEGORICAL

    handle_missing: str = field(Choice(MISSING), "How to encode a missing value.", default="ignore")

    def infer_column(self, name: str, type_: ColumnType) -> ColumnType:
        return ColumnType("vector")

    def fit_column(self, column: pl.Series, type_: ColumnType, target: Target | None) -> list[Any]:
        return fit_vocabulary(self.op, column, type_, LIMIT)

    def elements(self, state: State) -> dict[str, list[str]]:
        last = ["missing"] if self.handle_missing == "indicator" else []
        return {name: [*map(text_of, words), *last] for name, words in state.items()}

    def apply_column(self, state: list[Any], column: pl.Series, type_: ColumnType) -> pl.Series:
        import numpy as np
        import polars as pl

        places = self._codes(state).apply(column)
        block = np.zeros((len(column), self._width(state)))
        block[places.is_not_null().to_numpy(), places.drop_nulls().to_numpy()] = 1.0
        return pl.Series(column.name, block)

    def lower_column(self, state: list[Any], graph: Graph, value: Value, type_: ColumnType) -> Value:
        places = self._codes(state).lower(graph, value)
        ones = graph.call("Equal", places, graph.constant([range(self._width(state))]))
        return Value("vector", graph.call("Cast", ones, element="double", to=11))

    def _width(self, words: list[Any]) -> int:
        return len(words) + (self.handle_missing == "indicator")

    def _codes(self, words: list[Any]) -> Codes:
        """The position of each value; None if the vector is zero everywhere."""
        return Codes(words, 0, None, len(words) if self.handle_missing == "indicator" else None)
