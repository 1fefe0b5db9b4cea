"""Metrics of predicted classes. Targets are class indices [N], scores float64 [N, classes]."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlbuild.frozen import frozen
from mlbuild.models.metrics.decided import Decided
from mlbuild.models.metrics.metric import RowMean
from mlbuild.params import Integer, field

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


class Decision(Decided):
    """A measure of predicted classes, which is 1 if all of them are correct and never below 0."""

    low = 0
    high = 1
    best = 1


class Accuracy(RowMean, Decision):
    """Fraction of rows whose class is predicted correctly."""

    metric = "accuracy"
    is_share = True
    needs_every_class = False

    def each(self, target: Array, scores: Array) -> Array:
        right: Array = self.predicted(scores) == target
        return right


class BalancedAccuracy(Decision):
    """Mean of the recall of each class.

    Classes without rows do not count.
    """

    metric = "balanced_accuracy"

    def compute(self, target: Array, scores: Array) -> float | None:
        counts = _Counts.of(target, self.predicted(scores), scores.shape[1])
        held = counts.actual > 0
        return float((counts.right[held] / counts.actual[held]).mean())

    def influence(self, target: Array, scores: Array) -> Array | None:
        import numpy as np

        told = self.predicted(scores)
        counts = _Counts.of(target, told, scores.shape[1])
        recall = counts.right / np.maximum(counts.actual, 1)
        weights = len(target) / (np.maximum(counts.actual, 1) * (counts.actual > 0).sum())
        influence: Array = ((told == target) - recall[target]) * weights[target]
        return influence


@frozen
class TopKAccuracy(RowMean, Decision):
    """Fraction of rows whose class is among the `k` classes with the highest probabilities.

    Of equal probabilities, those of the first classes are higher.
    """

    metric = "top_k_accuracy"
    is_share = True
    needs_every_class = False

    k: int = field(Integer(min=2), "Number of classes that may contain the true one.", default=2)

    def suits(self, classes: int | None) -> bool:
        return classes is None or classes > self.k

    def needs(self) -> str:
        return f"more than {self.k} classes"

    def each(self, target: Array, scores: Array) -> Array:
        import numpy as np

        own = scores[np.arange(len(target)), target][:, None]
        earlier = np.arange(scores.shape[1]) < target[:, None]
        ahead = ((scores > own) | ((scores == own) & earlier)).sum(axis=1)
        right: Array = ahead < self.k
        return right


class F1Score(Decision):
    """F1 score (harmonic mean of precision and recall) of the positive class; two classes only.

    Undefined if there are neither positive rows nor positive predictions.
    """

    metric = "f1"
    classes = 2

    def compute(self, target: Array, scores: Array) -> float | None:
        counts = _Counts.of(target, self.predicted(scores), scores.shape[1])
        return float(counts.f1()[1]) if counts.either[1] else None

    def influence(self, target: Array, scores: Array) -> Array | None:
        told = self.predicted(scores)
        influence: Array = _Counts.of(target, told, scores.shape[1]).f1_influences(target, told)[:, 1]
        return influence


class F1Macro(Decision):
    """Unweighted mean of the F1 scores of the classes.

    Classes that have no rows and are never predicted do not count.
    """

    metric = "f1_macro"

    def compute(self, target: Array, scores: Array) -> float | None:
        counts = _Counts.of(target, self.predicted(scores), scores.shape[1])
        return float(counts.f1()[counts.either > 0].mean())

    def influence(self, target: Array, scores: Array) -> Array | None:
        told = self.predicted(scores)
        counts = _Counts.of(target, told, scores.shape[1])
        influence: Array = counts.f1_influences(target, told)[:, counts.either > 0].mean(axis=1)
        return influence


@frozen(eq=False)
class _Counts:
    """For each class [classes], the correct predictions, the rows of the class, and the predictions of the class."""

    right: Array
    actual: Array
    predicted: Array

    @staticmethod
    def of(target: Array, told: Array, width: int) -> _Counts:
        import numpy as np

        right = np.bincount(target[told == target], minlength=width)
        return _Counts(right, np.bincount(target, minlength=width), np.bincount(told, minlength=width))

    @property
    def either(self) -> Array:
        """The rows of each class and its predictions, added."""
        added: Array = self.actual + self.predicted
        return added

    def f1(self) -> Array:
        """Return the F1 score of each class; 0 without rows and predictions."""
        import numpy as np

        values: Array = 2 * self.right / np.maximum(self.either, 1)
        return values

    def f1_influences(self, target: Array, told: Array) -> Array:
        """Return the influence of each row on the F1 score of each class, float64 [N, classes].

        With the shares a of correct predictions of a class, and b of the other rows and predictions of the class, the
        score is 2a / (2a + b).
        """
        import numpy as np

        right, either = self.right / len(target), self.either / len(target)
        classes = np.arange(len(right))
        is_actual, is_predicted = target[:, None] == classes, told[:, None] == classes
        influences: Array = (
            2 * (either - 2 * right) * (is_actual & is_predicted) - 2 * right * (is_actual ^ is_predicted)
        ) / np.where(either > 0, either, 1) ** 2
        return influences
