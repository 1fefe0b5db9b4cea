"""The op `one_hot`: one element of zero or one for each category."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from mlbuild.columns import ColumnType, text_of
from mlbuild.diagnostics import Problem
from mlbuild.frozen import frozen
from mlbuild.lowering.graph import Graph
from mlbuild.lowering.value import Value
from mlbuild.ops.categories.counting import frequency_problems, frequent, min_frequency_field, rows_of
from mlbuild.ops.columnwise import Columnwise
from mlbuild.ops.op import State, Target
from mlbuild.ops.vocabulary import CATEGORICAL, Codes, fit_vocabulary
from mlbuild.params import Choice, Integer, field

if TYPE_CHECKING:
    import polars as pl

#: The maximum number of distinct values in one column. Each is a column of the learner's matrix.
LIMIT = 10_000
DROP = {
    "first": "leave out the first position, unless it is the only one, so that the others do not add up to 1",
    "if_binary": "leave out the first position if there are two",
}
#: Any value of each dtype.
SOME = {"string": "", "int": 0, "bool": False}
MISSING = {
    "ignore": "a missing value becomes all zeros",
    "indicator": "a missing value has its own position, the last",
}


@frozen
class OneHot(Columnwise):
    """Replace a column with a vector that is one at the position of the category and zero elsewhere.

    Positions are in the order of the contract, or else in sorted order. A value that is neither in the contract nor
    in the training rows is zero everywhere. With `min_frequency` or `max_categories`, all infrequent categories share
    one position after the others, which is also that of values that no training row has; there is none if all categories
    are frequent. The column keeps its name. The state is the list of categories with a position, and whether there are
    others.
    """

    op = "one_hot"
    takes = CATEGORICAL

    handle_missing: str = field(Choice(MISSING), "How to encode a missing value.", default="ignore")
    min_frequency: float | None = min_frequency_field()
    max_categories: int | None = field(
        Integer(min=2),
        "The largest number of positions, including that of infrequent categories, but not that of missing values.",
        default=None,
        examples=(50,),
    )
    drop: str | None = field(
        Choice(DROP),
        "Which position to leave out, for models without a penalty. Default: none.",
        default=None,
        examples=("first",),
    )

    def check(self) -> Iterator[Problem]:
        yield from frequency_problems(self.min_frequency)

    def infer_column(self, name: str, type_: ColumnType) -> ColumnType:
        return ColumnType("vector")

    def fit_column(self, column: pl.Series, type_: ColumnType, target: Target | None) -> dict[str, Any]:
        words = fit_vocabulary(self.op, column, type_, LIMIT)
        chosen = frequent(rows_of(words, column), len(column), self.min_frequency, self.max_categories)
        kept = [word for word, is_chosen in zip(words, chosen, strict=True) if is_chosen]
        return {"categories": kept, "others": len(kept) < len(words)}

    def elements(self, state: State) -> dict[str, list[str]]:
        return {name: self._names(one) for name, one in state.items()}

    def _names(self, state: Mapping[str, Any]) -> list[str]:
        """Return the names of the positions."""
        names = [*map(text_of, state["categories"]), *(["infrequent"] if state["others"] else [])]
        names += ["missing"] if self.handle_missing == "indicator" else []
        return names[self._dropped(len(names)) :]

    def _dropped(self, positions: int) -> int:
        """Return how many positions are left out at the beginning: 0 or 1."""
        return int(positions > 1 if self.drop == "first" else positions == 2 and self.drop == "if_binary")

    def apply_column(self, state: Mapping[str, Any], column: pl.Series, type_: ColumnType) -> pl.Series:
        import numpy as np
        import polars as pl

        places = self._codes(state, type_).apply(column).fill_null(-1).to_numpy()
        block = np.zeros((len(column), len(self._names(state))))
        rows = np.flatnonzero(places >= 0)
        block[rows, places[rows]] = 1.0
        return pl.Series(column.name, block)

    def lower_column(self, state: Mapping[str, Any], graph: Graph, value: Value, type_: ColumnType) -> Value:
        places = self._codes(state, type_).lower(graph, value)
        ones = graph.call("Equal", places, graph.constant([range(len(self._names(state)))]))
        return Value("vector", graph.call("Cast", ones, element="double", to=11))

    def _codes(self, state: Mapping[str, Any], type_: ColumnType) -> Codes:
        """The position of each value; None or -1 if the vector is zero everywhere."""
        words, others, indicated = state["categories"], state["others"], self.handle_missing == "indicator"
        first = -self._dropped(len(words) + others + indicated)
        last = first + len(words)
        # Without words, all values have the position of the others, whichever is looked up.
        words = words or [SOME[type_.dtype]]
        return Codes(words, first, last if others else None, last + others if indicated else None)
