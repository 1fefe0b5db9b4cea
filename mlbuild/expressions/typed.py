"""An expression whose types are settled: applied to polars rows, or lowered into a graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlbuild.columns import ColumnType
from mlbuild.lowering.graph import Graph
from mlbuild.lowering.value import Value

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class Typed:
    """A scalar expression: its canonical tree (JSON-able, constants folded), its type, the columns it reads."""

    tree: tuple[Any, ...]
    type: ColumnType
    names: tuple[str, ...]

    def to_polars(self) -> pl.Expr:
        """The expression over rows in which missing is null."""
        raise NotImplementedError

    def lower(self, graph: Graph, values: Mapping[str, Value]) -> Value:
        """The same expression over values of a graph."""
        raise NotImplementedError
