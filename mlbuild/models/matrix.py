"""The numeric matrix that learners compute with: one float64 column for each number of a row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mlbuild.columns import Schema
from mlbuild.lowering.blocks import joined
from mlbuild.lowering.graph import Graph, Tensor
from mlbuild.lowering.value import Value
from mlbuild.models.training import Rows

if TYPE_CHECKING:
    import numpy as np
    import polars as pl


def expanded(rows: Rows) -> pl.DataFrame:
    """Return float64 columns `f0`, `f1`, ... in the order of the schema. A vector becomes one column per element.

    Missing values are null. Columns that are already Float64 are not copied.
    """
    import polars as pl

    columns: list[pl.Expr] = []
    dtypes = rows.features.schema  # computed on each access
    for name in rows.schema:
        column, dtype = pl.col(name), dtypes[name]
        if isinstance(dtype, pl.Array):
            columns += [column.arr.get(index) for index in range(dtype.size)]
        else:
            columns.append(column)
    named = [column.cast(pl.Float64).alias(f"f{index}") for index, column in enumerate(columns)]
    return rows.features.select(named)


def matrix(rows: Rows) -> np.ndarray[Any, Any]:
    """Return the same as a float64 array [N, width] in column-major order. Missing values are NaN."""
    import numpy as np

    frame = expanded(rows)
    out = np.empty(frame.shape, dtype=np.float64, order="F")
    for index, column in enumerate(frame.iter_columns()):
        out[:, index] = column.to_numpy()
    return out


def categorical(rows: Rows) -> list[int]:
    """Return the indices of the category columns in the matrix."""
    import polars as pl

    places = []
    at = 0
    dtypes = rows.features.schema  # computed on each access
    for name, type_ in rows.schema.items():
        if type_.dtype == "category":
            places.append(at)
        dtype = dtypes[name]
        at += dtype.size if isinstance(dtype, pl.Array) else 1
    return places


def lowered(graph: Graph, features: Mapping[str, Value], schema: Schema) -> Tensor:
    """Return the same matrix in the graph: double, [N, width]."""
    return joined(graph, [features[name].tensor for name in schema])
