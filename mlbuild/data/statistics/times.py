"""Statistics of dates and times."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, ClassVar, Self

from mlbuild.data.statistics.binned import Binned
from mlbuild.data.statistics.histogram import Histogram
from mlbuild.frozen import frozen

if TYPE_CHECKING:
    import polars as pl

_EPOCH = datetime(1970, 1, 1)


@frozen
class Times(Binned):
    """Statistics of a date or datetime column: the first and the last value, and a histogram.

    The histogram is in days since 1970 for dates, and in microseconds for datetimes.
    """

    dtypes: ClassVar = ("date", "datetime")

    distinct: int | None
    first: str | None
    last: str | None

    @classmethod
    def of(cls, values: pl.Series, dtype: str) -> Self:
        import numpy as np

        present = values.drop_nulls()
        exact, counts = np.unique(present.to_physical().to_numpy(), return_counts=True)
        ends = [present.min(), present.max()] if len(present) else [None, None]
        first, last = (one.isoformat() if isinstance(one, date) else None for one in ends)
        return cls(
            dtype=dtype,
            rows=len(values),
            missing=values.null_count(),
            distinct=len(exact),
            first=first,
            last=last,
            histogram=Histogram.of(exact.astype(np.float64), counts),
        )

    def merged(self, other: Self) -> Self:
        ends = [(part.first, part.last) for part in (self, other) if part.first and part.last]
        return type(self)(
            dtype=self.dtype,
            rows=self.rows + other.rows,
            missing=self.missing + other.missing,
            distinct=None,
            first=min((first for first, _ in ends), default=None),
            last=max((last for _, last in ends), default=None),
            histogram=self.histogram.merged(other.histogram),
        )

    def bars(self, number: int) -> list[int]:
        """Return counts over intervals of the same length between the first and the last value."""
        if self.first is None or self.last is None:
            return []
        return self.histogram.bars(self._number(self.first), self._number(self.last), number)

    def without_values(self) -> Self:
        return replace(self, first=None, last=None, histogram=Histogram(self.histogram.shift, {}))

    def _number(self, text: str) -> float:
        """Return a value as in the histogram."""
        since = datetime.fromisoformat(text) - _EPOCH
        return since.days if self.dtype == "date" else since.total_seconds() * 1e6
