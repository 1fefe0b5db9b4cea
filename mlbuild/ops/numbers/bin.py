"""The op `bin`: replaces numbers by the number of their bin."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from mlbuild.columns import NUMERIC, ColumnType
from mlbuild.diagnostics import Problem
from mlbuild.frozen import frozen
from mlbuild.lowering.graph import Graph
from mlbuild.lowering.value import Value
from mlbuild.ops.columnwise import Columnwise
from mlbuild.ops.numbers.arrays import as_column, as_floats
from mlbuild.ops.numbers.learned import numbers_of, too_large
from mlbuild.ops.op import Target
from mlbuild.params import Choice, Integer, ListOf, Number, field

if TYPE_CHECKING:
    import polars as pl

    from mlbuild.ops.numbers.arrays import Floats

STRATEGIES = {
    "quantile": "bins with about the same number of training rows",
    "uniform": "bins of the same width, from the smallest to the largest value of the training rows",
    "edges": "bins between the `edges`",
}
BINS = 5
MOST = 1_000


@frozen
class Bin(Columnwise):
    """Replace numbers by the number of their bin, from 0.

    An edge belongs to the bin above it. The first and the last bin have no end, so they contain all smaller and all
    larger values, also infinite ones. If several quantiles are equal, there are fewer bins. Missing values stay missing.
    The state is the inner edges.
    """

    op = "bin"
    takes = NUMERIC

    strategy: str = field(Choice(STRATEGIES), "Where the edges of the bins are.", default="quantile")
    n_bins: int = field(
        Integer(min=2, max=MOST), "The number of bins, except for strategy `edges`.", default=BINS
    )
    edges: tuple[float, ...] | None = field(
        ListOf(Number(), min_items=1),
        "The inner edges for strategy `edges`, in ascending order: one fewer than there are bins.",
        default=None,
        examples=([0, 18, 65],),
    )

    def check(self) -> Iterator[Problem]:
        if self.strategy != "edges":
            if self.edges is not None:
                message = f"'edges' has no effect with strategy '{self.strategy}'"
                hint = "remove it, or use strategy 'edges'"
                yield Problem("no-effect", message, ("edges",), hint, on="key")
            return
        if self.n_bins != BINS:
            yield Problem("no-effect", "'n_bins' has no effect with strategy 'edges'", ("n_bins",), on="key")
        if self.edges is None:
            hint = "add 'edges', a list of numbers"
            yield Problem("missing-key", "strategy 'edges' needs 'edges'", help=hint)
            return
        for index in range(1, len(self.edges)):
            if self.edges[index - 1] >= self.edges[index]:
                message = f"{self.edges[index]:g} is not above the edge before it"
                yield Problem("contradiction", message, ("edges", index), "list the edges in ascending order")
        if len(self.edges) >= MOST:
            yield Problem("out-of-range", f"there must be fewer than {MOST:,} edges", ("edges",), on="key")

    def infer_column(self, name: str, type_: ColumnType) -> ColumnType:
        return ColumnType("int", type_.nullable)

    def fit_column(self, column: pl.Series, type_: ColumnType, target: Target | None) -> list[float]:
        import numpy as np

        if self.strategy == "edges":
            return []
        with np.errstate(over="ignore", invalid="ignore"):
            ends = self._ends(numbers_of(column))
        if not np.isfinite(ends).all():
            raise too_large(column)
        inner: list[float] = np.unique(ends)[1:-1].tolist()
        return inner

    def _ends(self, values: Floats) -> Floats:
        """Return the edges of all bins, with the smallest and the largest value."""
        import numpy as np

        if self.strategy == "uniform":
            return np.linspace(values.min(), values.max(), self.n_bins + 1)
        percent = np.linspace(0, 100, self.n_bins + 1)
        return np.asarray(np.percentile(values, percent, method="averaged_inverted_cdf"))

    def apply_column(self, state: Sequence[float], column: pl.Series, type_: ColumnType) -> pl.Series:
        import numpy as np
        import polars as pl

        numbers = as_floats(column)
        found = np.searchsorted(self._edges(state), numbers, side="right").astype("float64")
        found[np.isnan(numbers)] = np.nan
        return as_column(column.name, found).cast(pl.Int64)

    def lower_column(self, state: Sequence[float], graph: Graph, value: Value, type_: ColumnType) -> Value:
        """Find the last edge that is not above the number; the first edge is below all numbers."""
        edges = graph.constant([[-math.inf, *self._edges(state)]])
        reached = graph.call("LessOrEqual", edges, value.tensor)
        reached = graph.call("Cast", reached, element="double", to=11)
        last = graph.call("ArgMax", reached, element="int64", axis=1, keepdims=1, select_last_index=1)
        found = graph.call("Cast", last, element="double", to=11)
        return Value("int", graph.call("Where", value.missing(graph), value.tensor, found))

    def _edges(self, state: Sequence[float]) -> Sequence[float]:
        return state if self.edges is None else self.edges
