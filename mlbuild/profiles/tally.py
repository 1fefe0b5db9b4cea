"""Counts of rows in the bins of a profile. Those of two sets of rows can be added."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mlbuild.frozen import frozen
from mlbuild.profiles.column import ColumnProfile, moments
from mlbuild.profiles.profile import Profile

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


@frozen
class ColumnTally:
    """How many values are in each bin, and the number and the sum of finite numbers."""

    counts: Array
    finite: int
    total: float

    @staticmethod
    def of(column: ColumnProfile, values: Array) -> ColumnTally:
        """Count values [N] of a column that is watched: floats, or texts if its dtype is `string`."""
        import numpy as np

        assert column.bins is not None, "private columns are not watched"
        counts = column.bins.count(values)
        if column.dtype == "string":
            return ColumnTally(counts, 0, 0.0)
        mean, _ = moments(values)
        finite = int(np.isfinite(values).sum())
        return ColumnTally(counts, finite, (mean or 0.0) * finite)

    def added(self, other: ColumnTally) -> ColumnTally:
        return ColumnTally(self.counts + other.counts, self.finite + other.finite, self.total + other.total)

    @property
    def mean(self) -> float | None:
        return self.total / self.finite if self.finite else None


@frozen
class Tally:
    """The counts of each column that is watched."""

    rows: int
    columns: Mapping[str, ColumnTally]

    @staticmethod
    def of(profile: Profile, values: Mapping[str, Array]) -> Tally:
        """Count rows: an array [N] for each column of the profile."""
        columns = {one.name: ColumnTally.of(one, values[one.name]) for one in profile.watched}
        return Tally(len(next(iter(values.values()), ())), columns)

    def added(self, other: Tally) -> Tally:
        columns = {name: one.added(other.columns[name]) for name, one in self.columns.items()}
        return Tally(self.rows + other.rows, columns)
