"""Metrics of calibration: whether events happen as often as their probabilities say. Two classes only. Targets are
class indices [N], scores float64 [N, 2].
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from mlbuild.models.answers.classification import Classification
from mlbuild.models.metrics.metric import INFINITE, Metric

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

#: The number of groups of rows whose mean probability is compared with what happened.
GROUPS = 15
_MOST_STEPS = 100


class Recalibration(Metric):
    """A coefficient of the logistic regression of the target on the log-odds of the predicted probability (Cox, 1958).

    Undefined if a threshold separates the classes, because the coefficients are then infinite.
    """

    answer = Classification
    low = -INFINITE
    high = INFINITE
    classes = 2
    #: Which coefficient it is: 0 for the intercept, 1 for the slope.
    place: int

    def compute(self, target: Array, scores: Array) -> float | None:
        odds = _log_odds(scores)
        zeros, ones = odds[target == 0], odds[target == 1]
        if not len(zeros) or not len(ones) or zeros.max() <= ones.min() or ones.max() <= zeros.min():
            return None
        found = _fitted(odds, target)
        return None if found is None else float(found[self.place])

    def influence(self, target: Array, scores: Array) -> Array | None:
        odds = _log_odds(scores)
        fitted = _fitted(odds, target)
        if fitted is None:
            return None
        share, curvature = _moved(odds, fitted)
        first, both, second = (float((curvature * power).mean()) for power in (1.0, odds, odds**2))
        inverse = ((second, -both), (-both, first))[self.place]
        residual = target - share
        influence: Array = residual * (inverse[0] + inverse[1] * odds) / (first * second - both**2)
        return influence


class CalibrationSlope(Recalibration):
    """Slope of a logistic regression of the target on the predicted log-odds; two classes only.

    1 is best. Below 1, the probabilities are too extreme, as after overfitting; above 1, they are too close to the
    middle. Undefined if a threshold separates the classes.
    """

    metric = "calibration_slope"
    best = 1
    place = 1


class CalibrationIntercept(Recalibration):
    """Intercept of a logistic regression of the target on the predicted log-odds; two classes only.

    0 is best. Above 0, events are more frequent than predicted where the model predicts 0.5. Undefined if a threshold
    separates the classes.
    """

    metric = "calibration_intercept"
    best = 0
    place = 0


class CalibrationError(Metric):
    """Root of the mean squared difference between predicted and observed frequencies; two classes only.

    Rows are put into 15 groups of nearly equal size by their probability. What chance contributes to the differences is
    subtracted (Kumar, Liang and Ma, 2019), so that the value depends little on the number of rows.
    """

    metric = "calibration_error"
    answer = Classification
    low = 0
    high = 1
    best = 0
    constant_is_perfect = True
    classes = 2

    def compute(self, target: Array, scores: Array) -> float | None:
        import numpy as np

        probability = scores[:, 1]
        group = grouped(probability)
        rows = np.bincount(group)
        held = rows > 0
        rows = rows[held]
        happened = np.bincount(group, target)[held] / rows
        predicted = np.bincount(group, probability)[held] / rows
        chance = happened * (1 - happened) / np.maximum(rows - 1, 1)
        squared = float((rows * ((predicted - happened) ** 2 - chance)).sum()) / len(target)
        return math.sqrt(max(squared, 0.0))


def grouped(values: Array) -> Array:
    """Return the number of the group of each row, int64 [N], counted from 0 in the order of the values.

    There are at most `GROUPS` groups, of nearly equal size. Equal values are in one group, so the first can be empty.
    """
    import numpy as np

    ordered = np.sort(values)
    edges = np.unique(ordered[len(ordered) * np.arange(1, GROUPS) // GROUPS])
    return np.searchsorted(edges, values, "right")


def _log_odds(scores: Array) -> Array:
    import numpy as np

    epsilon = np.finfo(np.float64).eps
    share = np.clip(scores[:, 1], epsilon, 1 - epsilon)
    odds: Array = np.log(share) - np.log1p(-share)
    return odds


def _fitted(odds: Array, target: Array) -> tuple[float, float] | None:
    """Return intercept and slope of a logistic regression by Newton's method; None if it does not converge."""
    intercept, slope, loss = 0.0, 0.0, math.inf
    steps = (0.0, 0.0)
    for _ in range(_MOST_STEPS):
        reached = _loss(odds, target, (intercept, slope))
        if reached > loss + 1e-15 * abs(loss):  # too far, because the curvature changes
            steps = steps[0] / 2, steps[1] / 2
            intercept, slope = intercept - steps[0], slope - steps[1]
            continue
        loss = reached
        share, curvature = _moved(odds, (intercept, slope))
        residual = target - share
        gradient = float(residual.mean()), float((residual * odds).mean())
        first, both, second = (float((curvature * power).mean()) for power in (1.0, odds, odds**2))
        determinant = first * second - both**2
        if not determinant > 0:
            return None
        steps = (
            (second * gradient[0] - both * gradient[1]) / determinant,
            (first * gradient[1] - both * gradient[0]) / determinant,
        )
        intercept, slope = intercept + steps[0], slope + steps[1]
        if abs(steps[0]) <= 1e-12 * max(abs(intercept), 1e-3) and abs(steps[1]) <= 1e-12 * max(
            abs(slope), 1e-3
        ):
            return intercept, slope
    return None


def _loss(odds: Array, target: Array, fitted: tuple[float, float]) -> float:
    import numpy as np

    moved = fitted[0] + fitted[1] * odds
    return float((np.logaddexp(0, moved) - target * moved).mean())


def _moved(odds: Array, fitted: tuple[float, float]) -> tuple[Array, Array]:
    """Return the recalibrated probabilities, and their derivatives by the log-odds."""
    import numpy as np

    share = 1 / (1 + np.exp(-(fitted[0] + fitted[1] * odds)))
    return share, share * (1 - share)
