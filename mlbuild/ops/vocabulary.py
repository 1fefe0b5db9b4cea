"""Shared by `ordinal`, `category` and `one_hot`: the ordered categories of a column, and the code of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mlbuild.columns import ColumnType
from mlbuild.diagnostics import data_failure
from mlbuild.frozen import frozen
from mlbuild.lowering.graph import Graph, Tensor
from mlbuild.lowering.operators import ML
from mlbuild.lowering.value import Value
from mlbuild.ops.columnwise import no_values

if TYPE_CHECKING:
    import polars as pl

#: The dtypes whose values can be categories.
CATEGORICAL = ("string", "int", "bool")


def fit_vocabulary(op: str, column: pl.Series, type_: ColumnType, limit: int) -> list[Any]:
    """Return the categories of the contract in their order, or else the sorted values of the training rows.

    Raises:
        Failed: There is no value, there are more than `limit` values, or an integer is larger than 2^53.
    """
    words = list(type_.categories or column.drop_nulls().unique().sort())
    if not words:
        raise no_values(column)
    if len(words) > limit:
        message = f"column '{column.name}' has {len(words):,} distinct values, but '{op}' supports at most {limit:,}"
        raise data_failure(message, column=column.name, values=len(words), limit=limit)
    wide = [word for word in words if isinstance(word, int) and abs(word) > 2**53]
    if wide:
        message = f"column '{column.name}' has a category beyond 2^53; declare the column as a string"
        raise data_failure(message, column=column.name, values=wide[:1])
    return words


@frozen
class Codes:
    """Codes for `words`, starting at `first`.

    `unknown` and `missing` are the codes for other values (None: missing).
    """

    words: Sequence[Any]
    first: int
    unknown: int | None
    missing: int | None

    @property
    def numbers(self) -> range:
        return range(self.first, self.first + len(self.words))

    def apply(self, column: pl.Series) -> pl.Series:
        """Return the codes of the values of a column, as Int64."""
        import polars as pl

        words = pl.Series([*self.words, None], dtype=column.dtype)
        codes = pl.Series([*self.numbers, self.missing], dtype=pl.Int64)
        return column.replace_strict(words, codes, default=self.unknown, return_dtype=pl.Int64)

    def lower(self, graph: Graph, value: Value) -> Tensor:
        """Do the same in the graph, as doubles [N, 1]. A code that is None becomes NaN."""
        import numpy as np

        words: list[Any] = [*self.words]
        numbers = [*map(float, self.numbers)]
        missing, token = _number(self.missing), value.token
        # A missing number is NaN, which equals no word. The text of a missing string can be equal to one.
        by_lookup = value.absent is None if value.dtype == "string" else self.unknown == self.missing
        if not by_lookup and token is not None and token not in words:
            by_lookup = True
            if self.unknown != self.missing:
                words, numbers = [*words, token], [*numbers, missing]
        codes = graph.call(
            "LabelEncoder",
            value.tensor,
            element="double",
            domain=ML,
            keys_tensor=np.array(words, dtype=object if value.dtype == "string" else "float64"),
            values_tensor=np.array(numbers, dtype="float64"),
            default_tensor=np.array([_number(self.unknown)]),
        )
        if by_lookup:
            return codes
        return graph.call("Where", value.missing(graph), graph.constant(missing), codes)


def _number(code: int | None) -> float:
    return float("nan") if code is None else float(code)
