"""A typed expression, which can be applied to polars rows or lowered into a graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mlbuild.columns import ColumnType
from mlbuild.expressions.functions.catalogue import TRANSCENDENTAL
from mlbuild.expressions.meaning import result
from mlbuild.expressions.operands import hold
from mlbuild.expressions.rows import polars_dtype, run
from mlbuild.expressions.tree import COLUMN, columns_of, parts_of
from mlbuild.frozen import frozen
from mlbuild.lowering.graph import Graph
from mlbuild.lowering.value import Value

if TYPE_CHECKING:
    import polars as pl


@frozen
class Typed:
    """A scalar expression: its canonical tree (JSON-compatible, with constants folded), its type, and the columns
    that it reads.
    """

    tree: tuple[Any, ...]
    type: ColumnType
    names: tuple[str, ...]

    @property
    def tolerance(self) -> float:
        """The relative tolerance between rows and graph, because logarithms and powers differ in their last bit."""
        return 1e-12 if any(part[0] in TRANSCENDENTAL for part in parts_of(self.tree)) else 0.0

    @property
    def columns(self) -> tuple[tuple[str, str], ...]:
        """The name and dtype of each column that the expression reads."""
        return tuple(dict.fromkeys(columns_of(self.tree)))

    def to_polars(self) -> pl.Expr:
        """Return the expression for rows in which missing values are null.

        It has the dtype of `type` and never gives NaN.

        Its name is that of the first column that it reads; use `alias` to change it.
        """
        import polars as pl

        names = [pl.col(name) for name in self.names]
        if self.tree[0] == COLUMN:
            return names[0]

        def compute(series: Sequence[pl.Series]) -> pl.Series:
            return run(self.tree, self.type.dtype, self.columns, series)

        return pl.map_batches(names, compute, polars_dtype(self.type.dtype), is_elementwise=True)

    def lower(self, graph: Graph, values: Mapping[str, Value]) -> Value:
        """Compute the same expression over values of a graph."""
        if self.tree[0] == COLUMN:
            return values[self.names[0]]
        held = {
            name: hold(graph, dtype, values[name].tensor, values[name].absent) for name, dtype in self.columns
        }
        tensor, absent = result(self.tree, self.type.dtype, graph, held).parts()
        return Value(self.type.dtype, tensor, absent)
