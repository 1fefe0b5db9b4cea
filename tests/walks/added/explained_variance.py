"""The metric `explained_variance`."""

from __future__ import annotations

from mlbuild.frozen import frozen

from typing import TYPE_CHECKING, Any

from mlbuild.models.answers.regression import Regression
from mlbuild.models.metrics.metric import INFINITE, Metric

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


@frozen
class ExplainedVariance(Metric):
    """Fraction of the variance of the target that is explained, apart from a constant error.

    Undefined if the target is constant.
    """

    metric = "explained_variance"
    answer = Regression
    low = -INFINITE
    high = 1
    best = 1

    def compute(self, target: Array, scores: Array) -> float | None:
        if (target == target[0]).all():
            return None
        return 1 - float((target - scores[:, 0]).var() / target.var())
