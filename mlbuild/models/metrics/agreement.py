"""Metrics of how far predicted and true classes agree beyond chance. Targets are class indices [N], scores float64
[N, classes].
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from mlbuild.models.metrics.decided import Decided

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


class Agreement(Decided):
    """A measure that is 1 if all classes are predicted correctly, and 0 if predictions and classes are independent."""

    low = -1
    high = 1
    best = 1


class CohenKappa(Agreement):
    """Cohen's kappa: agreement of predicted and true classes beyond chance.

    Undefined if all rows are of one class and predicted as this class.
    """

    metric = "cohen_kappa"

    def compute(self, target: Array, scores: Array) -> float | None:
        hit, true, told, _ = _shares(target, self.predicted(scores), scores.shape[1])
        chance = float((true * told).sum())
        return (float(hit.mean()) - chance) / (1 - chance) if chance < 1 else None

    def influence(self, target: Array, scores: Array) -> Array | None:
        hit, true, told, predicted = _shares(target, self.predicted(scores), scores.shape[1])
        chance, agreed = (true * told).sum(), hit.mean()
        changed = true[predicted] + told[target] - 2 * chance
        influence: Array = (hit - agreed) / (1 - chance) - (1 - agreed) / (1 - chance) ** 2 * changed
        return influence


class MatthewsCorrcoef(Agreement):
    """Matthews correlation coefficient: correlation of predicted and true classes.

    It is 0 if all predictions are the same. Undefined if all rows are of one class.
    """

    metric = "matthews_corrcoef"

    def compute(self, target: Array, scores: Array) -> float | None:
        hit, true, told, _ = _shares(target, self.predicted(scores), scores.shape[1])
        spread = float(1 - (true**2).sum()), float(1 - (told**2).sum())
        if true.max() == 1:
            return None
        if told.max() == 1:
            return 0.0
        return (float(hit.mean()) - float((true * told).sum())) / math.sqrt(spread[0] * spread[1])

    def influence(self, target: Array, scores: Array) -> Array | None:
        import numpy as np

        hit, true, told, predicted = _shares(target, self.predicted(scores), scores.shape[1])
        if told.max() == 1:
            return np.zeros(len(target))
        chance, agreed = (true * told).sum(), hit.mean()
        among, among_told = 1 - (true**2).sum(), 1 - (told**2).sum()
        scale = math.sqrt(among * among_told)
        changed = hit - agreed - (true[predicted] + told[target] - 2 * chance)
        narrower = (true[target] - (true**2).sum()) / among + (told[predicted] - (told**2).sum()) / among_told
        influence: Array = changed / scale + (agreed - chance) / scale * narrower
        return influence


def _shares(target: Array, predicted: Array, width: int) -> tuple[Array, Array, Array, Array]:
    """Return which rows are right [N], the share of each class among the rows and among the predictions [classes], and
    the predicted classes [N].
    """
    import numpy as np

    true, told = (np.bincount(one, minlength=width) / len(target) for one in (target, predicted))
    return predicted == target, true, told, predicted
