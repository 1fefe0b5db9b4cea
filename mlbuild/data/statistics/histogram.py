"""Histograms of numbers over fixed edges, so that those of two tables can be added and compared exactly.

Sorted by their bits, floats are integers. A bin holds the floats that have the same leading bits, so each bin consists
of two bins of the next finer level. A histogram uses the finest level with at most 256 bins. Therefore, the histograms
of two tables can be merged to exactly that of both together: first bring both to the coarser level.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from mlbuild.data.statistics.statistics import added
from mlbuild.frozen import frozen

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

_MOST = 256
_SIGN = 1 << 63


@frozen
class Histogram:
    """Counts of floats by their leading bits. `shift` is the number of bits that are left out."""

    shift: int
    counts: Mapping[int, int]

    @staticmethod
    def of(values: Array, counts: Array) -> Histogram:
        """Return the histogram of different sorted float64 `values` [N] and how often each occurs [N]."""
        import numpy as np

        keys = _keys(values)
        low, high = 0, 64 if len(values) > _MOST else 0
        while low < high:  # the smallest shift with few enough bins
            middle = (low + high) // 2
            if 1 + int(np.count_nonzero(np.diff(_shifted(keys, middle)))) > _MOST:
                low = middle + 1
            else:
                high = middle
        if not len(values):
            return Histogram(low, {})
        bins, first = np.unique(_shifted(keys, low), return_index=True)
        return Histogram(low, dict(zip(bins.tolist(), np.add.reduceat(counts, first).tolist(), strict=True)))

    def merged(self, other: Self) -> Histogram:
        shift = max(self.shift, other.shift)
        sums = added(self.at(shift), other.at(shift))
        while len(sums) > _MOST:
            sums, shift = _coarser(sums, 1), shift + 1
        return Histogram(shift, dict(sorted(sums.items())))

    def at(self, shift: int) -> Mapping[int, int]:
        """Return the counts on a coarser level."""
        return _coarser(self.counts, shift - self.shift)

    def edges(self) -> list[tuple[float, float]]:
        """Return the smallest and the largest float of each bin, in order."""
        return [
            (_float(key << self.shift), _float(((key + 1) << self.shift) - 1)) for key in sorted(self.counts)
        ]

    def bars(self, low: float, high: float, number: int) -> list[int]:
        """Return counts over `number` intervals of the same length between the smallest and the largest value."""
        width = (high - low) / number
        bars = [0] * (number if width > 0 and math.isfinite(width) else 1)
        for (start, end), key in zip(self.edges(), sorted(self.counts), strict=True):
            middle = min(max((max(start, low) + min(end, high)) / 2, low), high)
            place = min(int((middle - low) / width), number - 1) if len(bars) > 1 else 0
            bars[place] += self.counts[key]
        return bars

    def to_json(self) -> dict[str, Any]:
        return {"shift": self.shift, "bins": [[key, self.counts[key]] for key in sorted(self.counts)]}

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> Histogram:
        return Histogram(value["shift"], dict(value["bins"]))


def _keys(values: Array) -> Array:
    """Return int64 keys in the order of the floats. 0.0 and -0.0 have the same key."""
    import numpy as np

    bits = np.ascontiguousarray(values + 0.0).view(np.int64)
    return np.where(bits >= 0, bits, ~bits ^ np.int64(-_SIGN))


def _shifted(keys: Array, shift: int) -> Array:
    return keys >> min(shift, 63)


def _float(key: int) -> float:
    """Return the float of a key."""
    import struct

    key = min(max(key, -_SIGN), _SIGN - 1)
    bits = key if key >= 0 else ~(key + _SIGN) & (2 * _SIGN - 1)
    found: float = struct.unpack("<d", (bits & (2 * _SIGN - 1)).to_bytes(8, "little"))[0]
    return found


def _coarser(counts: Mapping[int, int], by: int) -> dict[int, int]:
    found: dict[int, int] = {}
    for key, count in counts.items():
        found[key >> by] = found.get(key >> by, 0) + count
    return found
