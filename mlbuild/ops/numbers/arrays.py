"""Shared by ops that compute in numpy, in which a missing number is NaN as in the graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    Floats = np.ndarray[Any, np.dtype[np.float64]]


def as_floats(column: pl.Series) -> Floats:
    """Return the numbers of a column."""
    import polars as pl

    return column.cast(pl.Float64).fill_null(float("nan")).to_numpy()


def as_column(name: str, numbers: Floats) -> pl.Series:
    """Return numbers as a column."""
    import polars as pl

    return pl.Series(name, numbers, dtype=pl.Float64).fill_nan(None)
