"""Shared by ops that move numbers by a center and divide them by a scale."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlbuild.lowering.graph import Graph
from mlbuild.lowering.value import Value

if TYPE_CHECKING:
    import polars as pl


def scaled(column: pl.Series, center: float | None, scale: float | None) -> pl.Series:
    """Return the numbers of a column minus `center`, divided by `scale`. None leaves out the operation."""
    import polars as pl

    column = column.cast(pl.Float64)
    if center is not None:
        column = column - center
    # Not a division: polars replaces division by a number with this multiplication, and the last bit can differ.
    return column if scale is None else column * (1 / scale)


def lower_scaled(graph: Graph, value: Value, center: float | None, scale: float | None) -> Value:
    """Do the same in the graph."""
    tensor = value.tensor
    if center is not None:
        tensor = graph.call("Sub", tensor, graph.constant(center))
    if scale is not None:
        tensor = graph.call("Mul", tensor, graph.constant(1 / scale))
    return Value("float", tensor)
