"""The op `ordinal`: replaces categories by integers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlbuild.columns import ColumnType
from mlbuild.frozen import frozen
from mlbuild.lowering.graph import Graph
from mlbuild.lowering.value import Value
from mlbuild.ops.columnwise import Columnwise
from mlbuild.ops.op import Target
from mlbuild.ops.vocabulary import CATEGORICAL, Codes, fit_vocabulary
from mlbuild.params import Integer, field

if TYPE_CHECKING:
    import polars as pl

#: The maximum number of distinct values in one column.
LIMIT = 100_000


@frozen
class Ordinal(Columnwise):
    """Replace each category with an integer, starting at 0, in the order of the contract or else in sorted order.

    The state is the list of categories.
    """

    op = "ordinal"
    takes = CATEGORICAL

    unknown_value: int = field(
        Integer(max=-1),
        "Code for values that are neither in the contract's categories nor in the train rows.",
        default=-1,
        examples=(-1,),
    )
    encoded_missing_value: int | None = field(
        Integer(max=-1),
        "Code for missing values. Default: they stay missing.",
        default=None,
        examples=(-2,),
    )

    def infer_column(self, name: str, type_: ColumnType) -> ColumnType:
        return ColumnType("int", type_.nullable and self.encoded_missing_value is None)

    def fit_column(self, column: pl.Series, type_: ColumnType, target: Target | None) -> list[Any]:
        return fit_vocabulary(self.op, column, type_, LIMIT)

    def apply_column(self, state: list[Any], column: pl.Series, type_: ColumnType) -> pl.Series:
        return self._codes(state).apply(column)

    def lower_column(self, state: list[Any], graph: Graph, value: Value, type_: ColumnType) -> Value:
        return Value("int", self._codes(state).lower(graph, value))

    def _codes(self, words: list[Any]) -> Codes:
        return Codes(words, 0, self.unknown_value, self.encoded_missing_value)
