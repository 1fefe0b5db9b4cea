"""The op `clip`: limits numbers to a given range."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from mlbuild.columns import NUMERIC, ColumnType
from mlbuild.diagnostics import Problem
from mlbuild.frozen import frozen
from mlbuild.lowering.graph import Graph
from mlbuild.lowering.value import Value
from mlbuild.ops.columnwise import Columnwise
from mlbuild.ops.numbers.limits import limited
from mlbuild.ops.op import Target
from mlbuild.params import Number, field

if TYPE_CHECKING:
    import polars as pl


@frozen
class Clip(Columnwise):
    """Replace numbers below `min` by `min`, and numbers above `max` by `max`.

    An int column stays int if the limits are integers up to 2^53, and becomes float otherwise. Infinite values become
    the limit on their side. Missing values stay missing. The op learns nothing.
    """

    op = "clip"
    takes = NUMERIC

    min: float | None = field(
        Number(), "The smallest result. Default: no limit.", default=None, examples=(0,)
    )
    max: float | None = field(
        Number(), "The largest result. Default: no limit.", default=None, examples=(100,)
    )

    def check(self) -> Iterator[Problem]:
        if self.min is None and self.max is None:
            yield Problem("missing-key", "'clip' needs 'min' or 'max'", help="add 'min', 'max' or both")
        elif self._low >= self._high:
            yield Problem("contradiction", "'min' must be less than 'max'", ("min",))

    @property
    def _low(self) -> float:
        return -math.inf if self.min is None else self.min

    @property
    def _high(self) -> float:
        return math.inf if self.max is None else self.max

    def infer_column(self, name: str, type_: ColumnType) -> ColumnType:
        finite = type_.finite or (self.min is not None and self.max is not None)
        return replace(type_, dtype=self._dtype(type_), categories=None, finite=finite)

    def _dtype(self, type_: ColumnType) -> str:
        limits = [limit for limit in (self.min, self.max) if limit is not None]
        whole = all(limit.is_integer() and abs(limit) <= 2**53 for limit in limits)
        return "int" if type_.dtype == "int" and whole else "float"

    def fit_column(self, column: pl.Series, type_: ColumnType, target: Target | None) -> None:
        return None

    def apply_column(self, state: None, column: pl.Series, type_: ColumnType) -> pl.Series:
        import polars as pl

        if self._dtype(type_) == "float":
            return column.cast(pl.Float64).clip(self.min, self.max)
        low, high = (None if limit is None else int(limit) for limit in (self.min, self.max))
        return column.clip(low, high)

    def lower_column(self, state: None, graph: Graph, value: Value, type_: ColumnType) -> Value:
        return Value(self._dtype(type_), limited(graph, value.tensor, self._low, self._high))
