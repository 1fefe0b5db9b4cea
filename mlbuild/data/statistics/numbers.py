"""Statistics of numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

from mlbuild.data.casts import present
from mlbuild.data.statistics.binned import Binned
from mlbuild.data.statistics.histogram import Histogram
from mlbuild.frozen import frozen

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

#: The quantiles that are stored.
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
#: Sorting so few values is faster than a query that counts them.
_FEW = 10_000


@frozen
class Numbers(Binned):
    """Statistics of an int or float column.

    All but `distinct` are about finite values; `infinite` is the number of the others. `sd` is the sample standard
    deviation. A quantile is the smallest value that at least this share of the values does not exceed.
    """

    dtypes: ClassVar = ("int", "float")

    distinct: int | None
    infinite: int
    min: float | None
    max: float | None
    mean: float | None
    sd: float | None
    quantiles: tuple[float, ...] | None

    @classmethod
    def of(cls, values: pl.Series, dtype: str) -> Self:
        import numpy as np

        # Different values with their counts, in order: sums do not depend on the order of the rows.
        exact, counts = _counted(present(values))
        distinct, known = len(exact), int(counts.sum())
        finite = np.isfinite(exact)
        exact, counts = exact[finite], counts[finite]
        floats, number = exact.astype(np.float64), int(counts.sum())
        with np.errstate(all="ignore"):
            mean = float((floats * counts).sum() / number) if number else math.nan
            spread = float((counts * (floats - mean) ** 2).sum())
        ends = np.searchsorted(np.cumsum(counts), [math.ceil(q * number) for q in QUANTILES])
        return cls(
            dtype=dtype,
            rows=len(values),
            missing=values.null_count(),
            distinct=distinct,
            infinite=known - number,
            min=exact[0].item() if number else None,
            max=exact[-1].item() if number else None,
            mean=_finite(mean),
            sd=_finite(math.sqrt(spread / (number - 1))) if number > 1 else None,
            quantiles=tuple(exact[ends].tolist()) if number else None,
            histogram=Histogram.of(floats, counts),
        )

    def merged(self, other: Self) -> Self:
        ends = [(self.min, other.min), (self.max, other.max)]
        low, high = (_either(one, two, choose) for (one, two), choose in zip(ends, (min, max), strict=True))
        mean, sd = _pooled(self, other)
        return type(self)(
            dtype=self.dtype,
            rows=self.rows + other.rows,
            missing=self.missing + other.missing,
            distinct=None,
            infinite=self.infinite + other.infinite,
            min=low,
            max=high,
            mean=mean,
            sd=sd,
            quantiles=None,
            histogram=self.histogram.merged(other.histogram),
        )

    def without_values(self) -> Self:
        nothing = Histogram(self.histogram.shift, {})
        return replace(self, min=None, max=None, mean=None, sd=None, quantiles=None, histogram=nothing)

    @property
    def finite(self) -> int:
        """The number of finite values."""
        return self.present - self.infinite

    def bars(self, number: int) -> list[int]:
        """Return counts over intervals of the same length between the minimum and the maximum."""
        return [] if self.min is None or self.max is None else self.histogram.bars(self.min, self.max, number)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        quantiles = value["quantiles"]
        return super().from_json({**value, "quantiles": None if quantiles is None else tuple(quantiles)})


def _counted(values: pl.Series) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return the different values in ascending order, and how often each occurs. -0.0 is 0.0."""
    import numpy as np

    if len(values) <= _FEW:
        exact, counts = np.unique(values.to_numpy(), return_counts=True)
    else:
        table = values.value_counts(name="count").sort(values.name)
        exact, counts = table[values.name].to_numpy(), table["count"].to_numpy().astype(np.int64)
    return exact + 0, counts


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _either(one: float | None, other: float | None, choose: Any) -> float | None:
    found: float | None = other if one is None else one if other is None else choose(one, other)
    return found


def _pooled(one: Numbers, other: Numbers) -> tuple[float | None, float | None]:
    """Return the mean and the standard deviation of both (Chan, Golub and LeVeque 1979)."""
    for empty, full in ((one, other), (other, one)):
        if not empty.finite:
            return full.mean, full.sd
    if one.mean is None or other.mean is None:
        return None, None
    number, difference = one.finite + other.finite, other.mean - one.mean
    spread = sum((part.sd or 0.0) ** 2 * max(part.finite - 1, 0) for part in (one, other))
    spread += difference**2 * one.finite * other.finite / number
    mean = one.mean + difference * other.finite / number
    return _finite(mean), _finite(math.sqrt(spread / (number - 1)))
