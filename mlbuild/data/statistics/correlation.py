"""Finds columns that largely say the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    Array = np.ndarray[Any, Any]

#: From this rank correlation on, columns belong together.
_STRONG = 0.7
#: More columns are not compared, because the cost grows with the square of their number.
_MOST_COLUMNS = 500
_ROWS = 2_000
#: The last digits of sums depend on the processor.
_DIGITS = 6


def correlated(rows: pl.DataFrame, names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield groups of columns in which each has a rank correlation (Spearman) above .7, or below -.7, with another one.

    The columns are numbers, bools or times. A missing value has the mean rank. Of more than 2,000 rows, some at regular
    distances are used.
    """
    import numpy as np

    if not 1 < len(names) <= _MOST_COLUMNS:
        return
    sample = rows.gather_every(max(-(-rows.height // _ROWS), 1))
    ranks = np.column_stack([_ranks(sample[name]) for name in names])
    near = abs((ranks.T @ ranks).round(_DIGITS)) > _STRONG
    left = dict.fromkeys(range(len(names)))
    while left:
        group, waiting = {first := next(iter(left))}, [first]
        while waiting:
            for other in np.flatnonzero(near[waiting.pop()]).tolist():
                if other not in group:
                    group.add(other)
                    waiting.append(other)
        for one in group:
            del left[one]
        if len(group) > 1:
            yield tuple(names[place] for place in sorted(group))


def _ranks(values: pl.Series) -> Array:
    """Return ranks with mean 0 and length 1; zeros if all values are equal."""
    import numpy as np
    import polars as pl

    numbers = values.to_physical().cast(pl.Float64).fill_nan(None)
    ranks = numbers.rank("average")
    found: Array = (ranks - ranks.mean()).fill_null(0).to_numpy() if ranks.count() else np.zeros(len(values))
    length = float(np.sqrt((found**2).sum()))
    return found / length if length else found
