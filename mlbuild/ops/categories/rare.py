"""The op `rare`: makes rare categories one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mlbuild.columns import ColumnType
from mlbuild.diagnostics import Problem, Rejected
from mlbuild.frozen import frozen
from mlbuild.lowering.graph import Graph
from mlbuild.lowering.operators import ML
from mlbuild.lowering.value import Value
from mlbuild.ops.categories.counting import count_words, frequency_problems, frequent, min_frequency_field
from mlbuild.ops.columnwise import Columnwise
from mlbuild.ops.constants import WORDS, read_constant
from mlbuild.ops.op import Target
from mlbuild.params import Integer, Scalar, field

if TYPE_CHECKING:
    import polars as pl


@frozen
class Rare(Columnwise):
    """Replace rare categories, and those that no training row has, by one value.

    Which categories are frequent is decided as in scikit-learn's `OneHotEncoder`. Missing values stay missing. The state
    is the list of frequent categories.
    """

    op = "rare"
    takes = ("string", "int")

    min_frequency: float | None = min_frequency_field()
    max_categories: int | None = field(
        Integer(min=2),
        "The largest number of categories, including `value`. The most frequent ones remain.",
        default=None,
        examples=(50,),
    )
    value: Any = field(
        Scalar(),
        "What the other categories become. It must have the dtype of the column.",
        default="rare",
        examples=("other", -1),
    )

    def check(self) -> Iterator[Problem]:
        if self.min_frequency is None and self.max_categories is None:
            hint = "add one of them, or both"
            yield Problem("missing-key", "'rare' needs 'min_frequency' or 'max_categories'", help=hint)
        yield from frequency_problems(self.min_frequency)

    def infer_column(self, name: str, type_: ColumnType) -> ColumnType:
        value = read_constant(self.value, type_.dtype)
        if value is None:
            message = f"'value' must be {WORDS[type_.dtype]}, because column '{name}' is {type_.dtype}"
            raise Rejected(Problem("wrong-value", message, ("value",)))
        categories = type_.categories
        if categories is not None and value not in categories:
            categories = (*categories, value)
        return replace(type_, categories=categories)

    def fit_column(self, column: pl.Series, type_: ColumnType, target: Target | None) -> list[Any]:
        words, counts = count_words(self.op, column, type_)
        chosen = frequent(counts, len(column), self.min_frequency, self.max_categories)
        return [word for word, is_chosen in zip(words, chosen, strict=True) if is_chosen]

    def apply_column(self, state: Sequence[Any], column: pl.Series, type_: ColumnType) -> pl.Series:
        import polars as pl

        kept = pl.Series([*state, None], dtype=column.dtype)
        value = read_constant(self.value, type_.dtype)
        return column.replace_strict(kept, kept, default=value, return_dtype=column.dtype)

    def lower_column(self, state: Sequence[Any], graph: Graph, value: Value, type_: ColumnType) -> Value:
        import numpy as np

        other = read_constant(self.value, type_.dtype)
        dtype = object if value.dtype == "string" else "float64"
        # With the replacement, the list is never empty.
        kept = np.array([*dict.fromkeys([*state, other])], dtype=dtype)
        found = graph.call(
            "LabelEncoder",
            value.tensor,
            domain=ML,
            keys_tensor=kept,
            values_tensor=kept,
            default_tensor=np.array([other], dtype=dtype),
        )
        if value.dtype == "string":
            return Value(value.dtype, found, value.absent)
        return Value(value.dtype, graph.call("Where", value.missing(graph), value.tensor, found))
