"""Shared by `missing_indicator` and `impute`: a column that says where another one is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlbuild.columns import UNKNOWN, ColumnType, Schema
from mlbuild.lowering.graph import Graph
from mlbuild.lowering.value import Value

if TYPE_CHECKING:
    import polars as pl


def flag_name(name: str) -> str:
    return f"{name}_missing"


def flag_type(name: str, type_: ColumnType) -> Schema:
    """Return the column that says where the column `name` is missing."""
    return Schema({flag_name(name): ColumnType("bool" if type_.known else UNKNOWN)})


def flags_of(column: pl.Series) -> pl.Series:
    """Return a boolean series that is true where the column is missing."""
    return column.is_null().alias(flag_name(column.name))


def lowered_flags(graph: Graph, value: Value) -> Value:
    """Do the same in the graph."""
    return Value("bool", graph.call("Cast", value.missing(graph), element="double", to=11))
