"""Metrics of the probabilities themselves. Targets are class indices [N], scores float64 [N, classes]."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlbuild.models.answers.classification import Classification
from mlbuild.models.metrics.metric import INFINITE, RowMean

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


class LogLoss(RowMean):
    """Mean negative logarithm of the probability of the true class.

    The probability is clipped by the machine epsilon, as in scikit-learn.
    """

    name = "log_loss"
    answer = Classification
    best = 0
    worst = INFINITE

    def each(self, target: Array, scores: Array) -> Array:
        import numpy as np

        epsilon = np.finfo(np.float64).eps
        losses: Array = -np.log(np.clip(scores[np.arange(len(target)), target], epsilon, 1 - epsilon))
        return losses


class BrierScore(RowMean):
    """Mean squared error of the probability of the positive class; two classes only.

    It is scikit-learn's `brier_score_loss`.
    """

    name = "brier_score"
    answer = Classification
    best = 0
    worst = 1
    classes = 2

    def each(self, target: Array, scores: Array) -> Array:
        squares: Array = (scores[:, 1] - (target == 1)) ** 2
        return squares
