"""The base class of metrics of predicted classes. Targets are class indices [N], scores float64 [N, classes]."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from mlbuild.frozen import frozen
from mlbuild.models.answers.classification import Classification, decide
from mlbuild.models.metrics.metric import Metric

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


@frozen
class Decided(Metric):
    """A measure of predicted classes, which depends on probabilities only through them.

    The predicted class is the one with the highest probability, and the first one if several are equal. With a
    `threshold`, it is the second of two classes where its probability is at least that.
    """

    answer = Classification

    threshold: float | None = None

    def deciding(self, threshold: float | None) -> Self:
        return replace(self, threshold=threshold)

    def predicted(self, scores: Array) -> Array:
        """Return the index of the predicted class of each row, int64 [N]."""
        return decide(scores, self.threshold)
