"""The op `count`: replaces categories by how often they occur."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mlbuild.columns import ColumnType
from mlbuild.frozen import frozen
from mlbuild.lowering.graph import Graph
from mlbuild.lowering.value import Value
from mlbuild.ops.categories.counting import count_words
from mlbuild.ops.categories.lookup import Numbers
from mlbuild.ops.columnwise import Columnwise
from mlbuild.ops.op import Target
from mlbuild.ops.vocabulary import CATEGORICAL
from mlbuild.params import Boolean, field

if TYPE_CHECKING:
    import polars as pl


@frozen
class Count(Columnwise):
    """Replace each category by the number of training rows that have it.

    A value that no training row has becomes 0. Missing values stay missing. The state is the categories and their
    numbers.
    """

    op = "count"
    takes = CATEGORICAL

    normalize: bool = field(
        Boolean(),
        "Whether to divide by the number of training rows in which the column is not missing.",
        default=False,
    )

    def infer_column(self, name: str, type_: ColumnType) -> ColumnType:
        return ColumnType(self._dtype, type_.nullable)

    @property
    def _dtype(self) -> str:
        return "float" if self.normalize else "int"

    def fit_column(self, column: pl.Series, type_: ColumnType, target: Target | None) -> dict[str, list[Any]]:
        words, counts = count_words(self.op, column, type_)
        rows = sum(counts)
        return {"words": words, "numbers": [count / rows for count in counts] if self.normalize else counts}

    def apply_column(self, state: Mapping[str, Any], column: pl.Series, type_: ColumnType) -> pl.Series:
        import polars as pl

        found = self._numbers(state).apply(column)
        return found if self.normalize else found.cast(pl.Int64)

    def lower_column(self, state: Mapping[str, Any], graph: Graph, value: Value, type_: ColumnType) -> Value:
        return self._numbers(state).lower(graph, value, self._dtype)

    def _numbers(self, state: Mapping[str, Any]) -> Numbers:
        return Numbers(state["words"], state["numbers"], 0.0, None)
