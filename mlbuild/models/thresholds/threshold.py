"""The base class of thresholds, and the numbers of right and wrong predictions at each possible one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

from mlbuild.frozen import frozen
from mlbuild.params import Described

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

#: Probabilities that differ by less are equal here, so that the artifact, which may differ in the last bits, makes the
#: same predictions.
_SAME = 1e-8


@frozen
class Threshold(Described):
    """How to choose the lowest probability at which a row is predicted as positive; two classes only."""

    by = "type"
    type: ClassVar[str]
    #: Whether it is chosen on the validation rows.
    chosen: ClassVar[bool] = True

    def choose(self, target: Array, probability: Array) -> float:
        """Return the threshold for validation rows, of which 1 is the positive class.

        Raises:
            Failed: Of kind `data`: no threshold is what was asked for.
        """
        raise NotImplementedError


@frozen
class Candidates:
    """All thresholds that make different predictions for some rows, from the highest, which no row reaches.

    `true` and `false` count the positive and the other rows at or above each one, float64; `positive` and `negative` are
    the numbers of all rows.
    """

    values: tuple[tuple[float, float], ...]
    true: Array
    false: Array
    positive: float
    negative: float

    @staticmethod
    def of(target: Array, probability: Array) -> Candidates:
        import numpy as np

        order = np.argsort(-probability, kind="stable")
        ordered = probability[order]
        ends = np.append(np.flatnonzero(ordered[:-1] - ordered[1:] > _SAME), len(ordered) - 1)
        true = np.append(0, np.cumsum(target[order])[ends]).astype(np.float64)
        every = np.append(0, ends + 1).astype(np.float64)
        above = [max(float(ordered[0]) + _SAME, 1.0), *ordered[ends].tolist()]
        below = [float(ordered[0]), *ordered[ends[:-1] + 1].tolist(), min(0.0, float(ordered[-1]) - _SAME)]
        between = tuple(zip(below, above, strict=True))
        return Candidates(between, true, every - true, float(target.sum()), float(len(target) - target.sum()))

    def at(self, place: int) -> float:
        """Return a number with few digits between the probabilities of the rows on both sides."""
        below, above = self.values[place]
        middle = (below + above) / 2
        for digits in range(1, 18):
            short = float(f"{middle:.{digits}g}")
            if below < short < above and min(short - below, above - short) > (above - below) / 8:
                return short
        return middle if math.isfinite(middle) else above
