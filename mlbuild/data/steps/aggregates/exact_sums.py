"""Sums of ranges of values, correctly rounded: the exact sum, and then the nearest number.

The usual sum of floats depends on the order of the values, and a running sum also on everything that it has ever
added. Here, values are integers in units of a power of two, so sums and differences of sums are exact.
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Any

from mlbuild.diagnostics import data_failure

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    Numbers = np.ndarray[Any, Any]

#: An integer is split in a high and a low part of this many bits. Sums of both fit in 64 bits.
_LOW = 40
#: With more rows than this, the sum of the low parts might not.
_MOST_ROWS = 1 << 22
#: A float64 has this many significant bits, so an integer below 2^53 is exact.
_EXACT = 53


def range_sums(values: pl.Series, start: Numbers, end: Numbers, called: str) -> Numbers:
    """Return the sum of the values between each start and end; missing values do not count.

    The sums have the dtype of the values.

    Raises:
        Failed: Of kind `data`: a sum is too large for the dtype, or adds infinity and minus infinity.
    """
    import polars as pl

    if values.dtype == pl.Int64:
        return _of_ints(values.fill_null(0).to_numpy(), start, end, called)
    return _of_floats(values.fill_null(0.0).to_numpy(), start, end, called)


def _of_ints(values: Numbers, start: Numbers, end: Numbers, called: str) -> Numbers:
    import numpy as np

    most = max((abs(int(one)) for one in (values.max(initial=0), values.min(initial=0))), default=0)
    if most * max(int((end - start).max(initial=0)), 1) < 2**63:
        # The sum of all rows before may wrap around, but then the difference of two such sums wraps back.
        before = np.concatenate([np.zeros(1, np.int64), np.cumsum(values)])
        sums: Numbers = before[end] - before[start]
        return sums
    sums_of_any_size = _differences(values.tolist(), start, end)
    if any(not -(2**63) <= one < 2**63 for one in sums_of_any_size):
        raise data_failure(f"{called} of integers does not fit into 64 bits")
    return np.array(sums_of_any_size, dtype=np.int64)


def _of_floats(values: Numbers, start: Numbers, end: Numbers, called: str) -> Numbers:
    import numpy as np

    finite = np.isfinite(values)
    if finite.all():
        return _of_finite(values, start, end, called)
    up, down = (_of_ints((values == sign * np.inf).astype(np.int64), start, end, called) for sign in (1, -1))
    if ((up > 0) & (down > 0)).any():
        raise data_failure(f"{called} adds infinity and minus infinity, so its result is undefined")
    sums = np.where(up > 0, np.inf, -np.inf)
    plain = (up == 0) & (down == 0)
    sums[plain] = _of_finite(np.where(finite, values, 0.0), start[plain], end[plain], called)
    return sums


def _of_finite(values: Numbers, start: Numbers, end: Numbers, called: str) -> Numbers:
    """Return the sums of finite values: in two parts of 64 bits if they are wide enough, and else in Python."""
    import numpy as np

    some = values[values != 0]
    if not len(some):
        return np.zeros(len(start))
    mantissas, exponents = np.frexp(some)
    whole = np.ldexp(mantissas, _EXACT).astype(np.int64)
    # The lowest bit of each value, as a power of two: its unit is the lowest of all.
    lowest_bits = np.frexp((whole & -whole).astype(np.float64))[1] - 1
    unit = int((exponents - _EXACT + lowest_bits).min())
    top = int(exponents.max())
    bits = top - unit + len(values).bit_length()
    wide = bits > _EXACT + _LOW - 1 or len(values) > _MOST_ROWS or unit < -900 or top > 900
    if wide:
        return _in_python(values, unit, start, end, called)
    scaled = np.ldexp(values, -unit)
    high = np.floor(np.ldexp(scaled, -_LOW))
    low = scaled - np.ldexp(high, _LOW)
    tops, rests = (_of_ints(part.astype(np.int64), start, end, called) for part in (high, low))
    tops += rests >> _LOW
    rests &= (1 << _LOW) - 1
    # Both parts are exact, so there is one rounding.
    sums: Numbers = np.ldexp(np.ldexp(tops.astype(np.float64), _LOW) + rests, unit)
    return sums


def _in_python(values: Numbers, unit: int, start: Numbers, end: Numbers, called: str) -> Numbers:
    """Return the sums of values in units of a power of two, as integers of any size."""
    import numpy as np

    mantissas, exponents = np.frexp(values)
    whole = np.ldexp(mantissas, _EXACT).astype(np.int64).tolist()
    shifts = (exponents.astype(np.int64) - _EXACT - unit).tolist()
    integers = [
        one << shift if shift >= 0 else one >> -shift for one, shift in zip(whole, shifts, strict=True)
    ]
    scale, divisor = (1 << unit, 1) if unit >= 0 else (1, 1 << -unit)
    try:
        # Python rounds the quotient of two integers once.
        return np.array([one * scale / divisor for one in _differences(integers, start, end)], np.float64)
    except OverflowError:
        raise data_failure(f"{called} is beyond the range of a 64-bit floating-point number") from None


def _differences(values: list[int], start: Numbers, end: Numbers) -> list[int]:
    before = [0, *accumulate(values)]
    return [before[high] - before[low] for low, high in zip(start.tolist(), end.tolist(), strict=True)]
