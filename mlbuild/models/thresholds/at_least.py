"""The threshold `at_least`: one at which precision or recall on the validation rows has at least some value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlbuild.diagnostics import data_failure
from mlbuild.frozen import frozen
from mlbuild.models.thresholds.threshold import Candidates, Threshold
from mlbuild.params import Choice, Number, field

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


@frozen
class AtLeast(Threshold):
    """A threshold at which precision or recall on the validation rows has at least some value. Of all such thresholds, it is the
    lowest for precision, and the highest for recall, so that the other metric is as high as possible.
    """

    type = "at_least"

    metric: str = field(
        Choice(
            {
                "precision": "as many of the positive rows as possible are found",
                "recall": "as few other rows as possible are predicted as positive",
            }
        ),
        "Metric that must have the value.",
    )
    value: float = field(Number(above=0, max=1), "Lowest allowed value.", examples=(0.8,))

    def choose(self, target: Array, probability: Array) -> float:
        import numpy as np

        candidates = Candidates.of(target, probability)
        told = candidates.true + candidates.false
        reached = candidates.true / (
            np.maximum(told, 1) if self.metric == "precision" else max(candidates.positive, 1.0)
        )
        places = np.flatnonzero(reached >= self.value)
        if not len(places):
            message = f"no threshold has a {self.metric} of at least {self.value:g} on the validation rows"
            raise data_failure(f"{message}; the highest is {float(reached.max()):.6g}")
        return candidates.at(int(places[-1 if self.metric == "precision" else 0]))
