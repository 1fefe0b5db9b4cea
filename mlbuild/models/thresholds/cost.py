"""The threshold `cost`: the one at which wrong predictions on the validation rows cost least."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlbuild.frozen import frozen
from mlbuild.models.thresholds.threshold import Candidates, Threshold
from mlbuild.params import Number, field

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


@frozen
class Cost(Threshold):
    """The threshold at which wrong predictions on the validation rows cost least; if there are several, the highest."""

    type = "cost"

    false_positive: float = field(
        Number(min=0), "Cost of a row that is wrongly predicted as positive.", examples=(1,)
    )
    false_negative: float = field(Number(min=0), "Cost of a positive row that is not found.", examples=(5,))

    def choose(self, target: Array, probability: Array) -> float:
        candidates = Candidates.of(target, probability)
        missed = candidates.positive - candidates.true
        costs = self.false_positive * candidates.false + self.false_negative * missed
        return candidates.at(int(costs.argmin()))
