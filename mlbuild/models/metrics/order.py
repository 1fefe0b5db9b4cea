"""The order of rows by their scores within groups."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


class Order:
    """Rows in the order of their group, and within it of their score, the highest first. Arrays are in this order."""

    def __init__(self, target: Array, score: Array) -> None:
        import numpy as np

        self._target, count = target, len(score)
        self.order = np.lexsort((-score, target[:, 1]))
        self.relevance, groups, scores = target[self.order, 0], target[self.order, 1], score[self.order]
        starts = np.append(True, groups[1:] != groups[:-1])
        self.starts_tie = starts | np.append(True, scores[1:] != scores[:-1])
        self._starts, self._ties = np.flatnonzero(starts), np.flatnonzero(self.starts_tie)
        self.sizes = np.diff(np.append(self._starts, count))
        self.group = np.cumsum(starts) - 1
        self._tie = np.cumsum(self.starts_tie) - 1
        sizes = np.diff(np.append(self._ties, count))
        #: The place of each row in its group and in its tie, from 1, and the number of rows in its tie.
        self.place = np.arange(count) - self._starts[self.group] + 1
        self.in_tie = np.arange(count) - self._ties[self._tie] + 1
        self.tie_sizes = sizes[self._tie]

    @cached_property
    def ideal(self) -> Array:
        """The relevance of the rows of each group in the best order."""
        import numpy as np

        best: Array = self._target[np.lexsort((-self._target[:, 0], self._target[:, 1])), 0]
        return best

    def totals(self, values: Array) -> Array:
        """Return the sum of values [N] in each group, float64 [G]."""
        import numpy as np

        return np.add.reduceat(values, self._starts, dtype=np.float64)

    def tied(self, values: Array) -> Array:
        """Return the mean of values [N] over the rows with the same score as each row."""
        import numpy as np

        sums = np.add.reduceat(values, self._ties, dtype=np.float64)
        means: Array = sums[self._tie] / self.tie_sizes
        return means

    def before(self, values: Array) -> Array:
        """Return the sum of values [N] over the rows of the group with a higher score than each row."""
        import numpy as np

        sums = np.append(0.0, np.cumsum(values))
        above: Array = sums[self._ties[self._tie]] - sums[self._starts[self.group]]
        return above

    def spread(self, values: Array) -> Array:
        """Return the values of groups [G] for each row [N], in the original order of the rows."""
        import numpy as np

        found = np.empty(len(self.order), values.dtype)
        found[self.order] = values[self.group]
        return found


def joined(groups: Array, clusters: Array | None) -> Array:
    """Return the numbers of the smallest units that contain whole groups and whole clusters, int64 [N] from 0.

    Those of a group are not independent of each other, and neither are those of a cluster.
    """
    import numpy as np

    own = np.unique(groups, return_inverse=True)[1].astype(np.int64)
    if clusters is None:
        return own
    pairs = np.unique(np.stack([own, np.unique(clusters, return_inverse=True)[1]]), axis=1)
    group, cluster = pairs
    unit = np.arange(own.max(initial=-1) + 1)  # of each group: the lowest one that it is connected to
    while True:
        lowest = np.full(cluster.max(initial=-1) + 1, len(unit))
        np.minimum.at(lowest, cluster, unit[group])
        found = unit.copy()
        np.minimum.at(found, group, lowest[cluster])
        found = found[found]
        if np.array_equal(found, unit):
            numbers: Array = np.unique(unit, return_inverse=True)[1].astype(np.int64)
            return numbers[own]
        unit = found
