"""How much each number of a row contributes to the prediction for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlbuild.frozen import frozen

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


@frozen(eq=False)
class Contributions:
    """Parts of the sums that a learner turns into scores.

    `values`, float64 [N, sums, width], are the parts of each number of the expanded matrix, and `expected`, float64
    [sums], is what a sum is on average over the training rows. `scale` says what the sums are, such as log-odds.
    """

    values: Array
    expected: Array
    scale: str

    @property
    def sums(self) -> Array:
        """Return the sums, [N, sums]."""
        sums: Array = self.values.sum(axis=2) + self.expected
        return sums
