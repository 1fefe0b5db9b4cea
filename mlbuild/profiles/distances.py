"""Distances between two distributions over the same bins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mlbuild.frozen import frozen
from mlbuild.profiles.chances import chi2_tail

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


@frozen
class Stability:
    """The population stability index of two distributions, and what two random samples of one have on average.

    The index is the sum of (q - p) ln(q / p) over groups with the shares p and q. Jeffreys' prior adds half a row to each
    group. Groups that are empty in both are left out. For n and m rows of one distribution in k groups, it is (k - 1) (1/n +
    1/m) on average, and nm / (n + m) times the index is distributed like chi-squared with k - 1 degrees of freedom
    (Yurdakul 2018).
    """

    raw: float
    groups: int
    rows: float
    other_rows: float

    @staticmethod
    def of(one: Sequence[int] | Array, other: Sequence[int] | Array) -> Stability:
        """Compare two rows of counts [groups]."""
        import numpy as np

        pairs = np.asarray([one, other], np.float64)
        pairs = pairs[:, pairs.any(axis=0)] + 0.5
        rows = pairs.sum(axis=1)
        shares = pairs / rows[:, None]
        raw = float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum())
        return Stability(raw, pairs.shape[1], *rows.tolist())

    @property
    def bias(self) -> float:
        return max(self.groups - 1, 0) * (1 / self.rows + 1 / self.other_rows) if self.groups else 0.0

    @property
    def index(self) -> float:
        """The index without what chance gives on average, at least 0."""
        return max(self.raw - self.bias, 0.0)

    @property
    def statistic(self) -> float:
        """What is distributed like chi-squared if all rows are independent."""
        return self.raw * self.rows * self.other_rows / (self.rows + self.other_rows)

    @property
    def chance(self) -> float:
        """The probability of such an index for independent rows of one distribution."""
        return chi2_tail(self.statistic, self.groups - 1) if self.groups > 1 else 1.0


def largest_difference(one: Array, other: Array, ordered: bool) -> float:
    """Return the largest difference of the shares of a bin, or of the cumulative ones (Kolmogorov-Smirnov)."""
    import numpy as np

    ones, others = (counts / max(counts.sum(), 1) for counts in (one, other))
    differences = ones - others
    return float(np.abs(np.cumsum(differences) if ordered else differences).max(initial=0.0))
