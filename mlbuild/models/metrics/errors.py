"""Metrics of predicted numbers: how far they are from the target. Targets are float64 [N], scores float64 [N, 1]."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from mlbuild.models.answers.regression import Regression
from mlbuild.models.metrics.metric import INFINITE, Metric, RowMean

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


class Error(Metric):
    """A size of errors, which is 0 for perfect predictions and has no upper bound."""

    answer = Regression
    low = 0
    high = INFINITE
    best = 0


class MeanSquaredError(RowMean, Error):
    """Mean squared error."""

    metric = "mean_squared_error"

    def each(self, target: Array, scores: Array) -> Array:
        squares: Array = errors(target, scores) ** 2
        return squares


class Bias(RowMean):
    """Mean of prediction minus target: above 0 if the predictions are too high on average."""

    metric = "bias"
    answer = Regression
    low = -INFINITE
    high = INFINITE
    best = 0
    constant_is_perfect = True

    def each(self, target: Array, scores: Array) -> Array:
        return -errors(target, scores)


class MaxError(Error):
    """Largest absolute error."""

    metric = "max_error"

    def compute(self, target: Array, scores: Array) -> float | None:
        return float(abs(errors(target, scores)).max())

    def constants(self, train: Array, classes: int) -> Array:
        import numpy as np

        return np.array([[train.min() / 2 + train.max() / 2]])


class RootMeanSquaredError(Error):
    """Square root of the mean squared error."""

    metric = "root_mean_squared_error"

    def compute(self, target: Array, scores: Array) -> float | None:
        return math.sqrt(float((errors(target, scores) ** 2).mean()))

    def influence(self, target: Array, scores: Array) -> Array | None:
        squares = errors(target, scores) ** 2
        mean = squares.mean()
        centered: Array = (squares - mean) / (2 * math.sqrt(mean)) if mean else squares
        return centered


class MeanAbsoluteError(RowMean, Error):
    """Mean absolute error."""

    metric = "mean_absolute_error"

    def each(self, target: Array, scores: Array) -> Array:
        return abs(errors(target, scores))


class MedianAbsoluteError(Error):
    """Median absolute error."""

    metric = "median_absolute_error"

    def compute(self, target: Array, scores: Array) -> float | None:
        import numpy as np

        return float(np.median(abs(errors(target, scores))))


class MeanAbsolutePercentageError(RowMean, Error):
    """Mean of the absolute errors relative to the target.

    It is a fraction and not in percent. Targets below the machine epsilon count as the epsilon.
    """

    metric = "mean_absolute_percentage_error"

    def each(self, target: Array, scores: Array) -> Array:
        import numpy as np

        relative: Array = abs(errors(target, scores)) / np.maximum(abs(target), np.finfo(np.float64).eps)
        return relative


class R2Score(Metric):
    """Coefficient of determination: fraction of the variance of the target that is explained.

    Undefined if the target is constant.
    """

    metric = "r2"
    answer = Regression
    low = -INFINITE
    high = 1
    best = 1

    def compute(self, target: Array, scores: Array) -> float | None:
        if target.min() == target.max():  # the mean of equal numbers can differ from them
            return None
        spread = float(((target - target.mean()) ** 2).sum())
        return 1 - float((errors(target, scores) ** 2).sum()) / spread

    def influence(self, target: Array, scores: Array) -> Array | None:
        squares, deviations = errors(target, scores) ** 2, (target - target.mean()) ** 2
        unexplained = squares.mean() / deviations.mean()
        influence: Array = (unexplained * deviations - squares) / deviations.mean()
        return influence


def errors(target: Array, scores: Array) -> Array:
    found: Array = target - scores[:, 0]
    return found
