"""Computes aggregates over ranges of ordered rows, exactly: no result depends on the order in which values are read.

The rows of each range lie between two positions, `start` and `end`. Both positions increase from one range to the
next, whether the ranges are groups of rows or windows that slide over them.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from mlbuild.data.steps.aggregates.exact_sums import range_sums
from mlbuild.expressions.aggregates import (
    AVG,
    COUNT,
    COUNT_DISTINCT,
    LAG,
    LAST,
    MAX,
    SUM,
    Call,
)
from mlbuild.expressions.rows import polars_dtype
from mlbuild.frozen import frozen

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    Numbers = np.ndarray[Any, Any]


@frozen(eq=False)
class Ranges:
    """The positions of the rows of each range, and for each range the first row that has the same key."""

    start: Numbers
    end: Numbers
    first: Numbers


def aggregated(
    call: Call, rows: pl.DataFrame, ranges: Ranges, moments: pl.DataFrame | None = None
) -> pl.Series:
    """Return the value of a call for each range of rows.

    LAST and LAG need the `moments` of the rows, in order. Of rows of the same moment, that with the largest value
    counts as the last one, so that the result does not depend on the order of the rows.

    Raises:
        Failed: Of kind `data`: a sum cannot be represented.
    """
    import polars as pl

    if call.argument is None:
        return pl.Series(ranges.end - ranges.start, dtype=pl.Int64)
    values = argument_of(call, rows)
    if call.function == COUNT:
        return pl.Series(_counted(values, ranges), dtype=pl.Int64)
    if call.function == COUNT_DISTINCT:
        return pl.Series(_distinct(values, ranges), dtype=pl.Int64)
    if call.function in (LAST, LAG):
        assert moments is not None
        values = moments.with_columns(values).sort(pl.all()).to_series(-1)
        return _gathered(call, values, ranges)
    counts = _counted(values, ranges)
    if call.function in (SUM, AVG):
        sums = range_sums(values, ranges.start, ranges.end, call.function.upper())
        made = pl.Series(sums) / pl.Series(counts) if call.function == AVG else pl.Series(sums)
        return made.set(pl.Series(counts == 0), None)
    made = _extremes(values, ranges, largest=call.function == MAX)
    dtype = polars_dtype(call.type(can_be_empty=True).dtype)
    physical = made.set(pl.Series(counts == 0), None)
    return physical.cast(pl.Int32).cast(dtype) if dtype == pl.Date else physical.cast(dtype)


def argument_of(call: Call, rows: pl.DataFrame) -> pl.Series:
    """Return the argument of a call for each row. Equal values have the same bytes."""
    assert call.argument
    values = rows.select(call.argument.to_polars().alias("values"))
    return zeros_without_sign(values).to_series()


def zeros_without_sign(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows with 0.0 instead of -0.0, which is equal to it, but has other bytes."""
    import polars as pl

    floats = pl.col(pl.Float64)
    return rows.with_columns(pl.when(floats == 0).then(0.0).otherwise(floats).name.keep())


def _before(counts: Numbers) -> Numbers:
    """Return the sum of all that lies before each position, from the first to the one behind the last."""
    import numpy as np

    return np.concatenate([np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)])


def _counted(values: pl.Series, ranges: Ranges) -> Numbers:
    before = _before(values.is_not_null().to_numpy())
    counts: Numbers = before[ranges.end] - before[ranges.start]
    return counts


def _distinct(values: pl.Series, ranges: Ranges) -> list[int]:
    """Count the different values of each range, while one end and then the other moves over the rows."""
    codes = values.rank("dense").to_list()
    seen: Counter[int] = Counter()
    low = high = 0
    counts = []
    for start, end in zip(ranges.start.tolist(), ranges.end.tolist(), strict=True):
        for code in codes[max(high, start) : end]:
            if code is not None:
                seen[code] += 1
        for code in codes[low : min(start, high)]:
            if code is not None:
                seen[code] -= 1
                if not seen[code]:
                    del seen[code]
        low, high = max(low, start), max(high, end)
        counts.append(len(seen))
    return counts


def _gathered(call: Call, values: pl.Series, ranges: Ranges) -> pl.Series:
    """Return the last value of each range. LAG looks at all earlier rows of the same key, whatever the range is."""
    import numpy as np
    import polars as pl

    position = ranges.end - (call.back if call.function == LAG else 1)
    there = position >= (ranges.first if call.function == LAG else ranges.start)
    places = pl.Series(np.maximum(position, 0), dtype=pl.UInt32).set(pl.Series(~there), None)
    return values.gather(places) if len(values) else values.clear(len(places))


def _extremes(values: pl.Series, ranges: Ranges, largest: bool) -> pl.Series:
    """Return the largest or smallest value of each range; any value for a range without values.

    A table holds the extreme of the 2^k rows from each row on, for k = 0, 1, 2 and so on. Two of these spans, which
    may overlap, make up each range.
    """
    import numpy as np
    import polars as pl

    numbers = values.to_physical()
    numbers = numbers.cast(pl.Int64) if numbers.dtype.is_integer() else numbers
    limits = np.iinfo(np.int64) if numbers.dtype == pl.Int64 else None
    lowest, highest = (limits.min, limits.max) if limits else (-np.inf, np.inf)
    table = numbers.fill_null(lowest if largest else highest).to_numpy()
    better = np.maximum if largest else np.minimum
    length = ranges.end - ranges.start
    made = np.full(len(length), 0, dtype=table.dtype)
    span = 1
    while len(table) and span <= (longest := int(length.max(initial=0))):
        fits = np.flatnonzero((length >= span) & (length < 2 * span))
        made[fits] = better(table[ranges.start[fits]], table[ranges.end[fits] - span])
        if 2 * span > longest:
            break
        table = better(table[:-span], table[span:])
        span *= 2
    return pl.Series(made)
