"""The op `ordinal`: replaces categories by integers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mlbuild.columns import ColumnType
from mlbuild.diagnostics import Problem, Rejected
from mlbuild.frozen import frozen
from mlbuild.lowering.graph import Graph
from mlbuild.lowering.value import Value
from mlbuild.ops.columnwise import Columnwise
from mlbuild.ops.constants import WORDS, read_constant
from mlbuild.ops.op import Target
from mlbuild.ops.vocabulary import CATEGORICAL, Codes, fit_vocabulary
from mlbuild.params import Integer, ListOf, Scalar, field

if TYPE_CHECKING:
    import polars as pl

#: The maximum number of distinct values in one column.
LIMIT = 100_000


@frozen
class Ordinal(Columnwise):
    """Replace each category with an integer, starting at 0, in the order of the contract or else in sorted order.

    The state is the list of categories, or null if it is `categories`.
    """

    op = "ordinal"
    takes = CATEGORICAL

    categories: tuple[Any, ...] | None = field(
        ListOf(Scalar(), min_items=1),
        "The categories in their order, which is that of the codes. Other values are unknown. Default: those of the"
        " contract, or else those of the training rows.",
        default=None,
        examples=(["low", "medium", "high"],),
    )
    unknown_value: int = field(
        Integer(max=-1),
        "Code for values that are neither in the contract's categories nor in the training rows.",
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
        problems = [*self._unfitting(name, type_)]
        if problems:
            raise Rejected(*problems)
        return ColumnType("int", type_.nullable and self.encoded_missing_value is None)

    def _unfitting(self, name: str, type_: ColumnType) -> Iterator[Problem]:
        """Report categories that no value of the column can be, or that are listed twice."""
        words = self._listed(type_)
        for index, word in enumerate(words):
            at = ("categories", index)
            if word is None:
                message = f"a category must be {WORDS[type_.dtype]}, because column '{name}' is {type_.dtype}"
                yield Problem("wrong-value", message, at)
            elif word in words[:index]:
                yield Problem("duplicate-item", f"{word} is listed twice", at)

    def _listed(self, type_: ColumnType) -> list[Any]:
        return [read_constant(word, type_.dtype) for word in self.categories or ()]

    def fit_column(self, column: pl.Series, type_: ColumnType, target: Target | None) -> list[Any] | None:
        return None if self.categories else fit_vocabulary(self.op, column, type_, LIMIT)

    def apply_column(self, state: list[Any] | None, column: pl.Series, type_: ColumnType) -> pl.Series:
        return self._codes(state, type_).apply(column)

    def lower_column(self, state: list[Any] | None, graph: Graph, value: Value, type_: ColumnType) -> Value:
        return Value("int", self._codes(state, type_).lower(graph, value))

    def _codes(self, state: list[Any] | None, type_: ColumnType) -> Codes:
        words = self._listed(type_) if state is None else state
        return Codes(words, 0, self.unknown_value, self.encoded_missing_value)
