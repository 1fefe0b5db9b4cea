"""Handles missing values of columns without a query where there is none: in wide tables, queries take most of the time."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl


def present(values: pl.Series) -> pl.Series:
    """Return the values that are not missing."""
    return values.drop_nulls() if values.null_count() else values


def nan_as_missing(values: pl.Series) -> pl.Series:
    """Replace NaN by null in a column of floats."""
    import numpy as np

    if not values.null_count() and not np.isnan(values.to_numpy()).any():
        return values
    return values.fill_nan(None)
