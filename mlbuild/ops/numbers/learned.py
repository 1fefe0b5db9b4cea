"""Shared by ops that learn the scale of a column from its numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mlbuild.data.casts import present
from mlbuild.diagnostics import Failed, data_failure
from mlbuild.ops.columnwise import no_values

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

#: Scales below this count as zero. It is that of scikit-learn (`sklearn.preprocessing._data._handle_zeros_in_scale`).
TINY = 10 * 2.0**-52


def numbers_of(column: pl.Series) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return the non-missing values of a column.

    Raises:
        Failed: There are none.
    """
    import polars as pl

    values = present(column).cast(pl.Float64).to_numpy()
    if not len(values):
        raise no_values(column)
    return values


def quantiles(values: np.ndarray[Any, Any], percent: Sequence[float]) -> list[float]:
    """Return quantiles, interpolated linearly as in numpy; not finite if a value next to one is infinite."""
    import numpy as np

    with np.errstate(over="ignore", invalid="ignore"):
        found = np.percentile(values, percent)
        if not np.isfinite(found).all():
            # Where a quantile is a value itself, numpy multiplies the distance to the next one by 0.
            below, above = (np.percentile(values, percent, method=side) for side in ("lower", "higher"))
            found = np.where(below == above, below, found)
    return [float(number) for number in found]


def too_large(column: pl.Series) -> Failed:
    """Create the failure for a column from which nothing finite can be computed."""
    message = f"column '{column.name}' has values in the training rows that are infinite or too large"
    return data_failure(message, column=column.name)


def usable_scale(scale: float) -> float:
    """Return 1 in place of a scale that is zero up to rounding: a constant column is not scaled."""
    return 1.0 if scale < TINY else scale


def all_finite(*numbers: float) -> bool:
    return all(map(math.isfinite, numbers))
