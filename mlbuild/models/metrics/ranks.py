"""Metrics of how probabilities rank rows. Targets are class indices [N], scores float64 [N, classes]."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlbuild.models.answers.classification import Classification
from mlbuild.models.metrics.metric import Metric

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


class RocAuc(Metric):
    """Area under the ROC curve; with several classes, the macro average of one-vs-rest.

    Two classes: the probability that a positive row has a higher score than a negative one; ties count half.
    Several classes: the mean over each class against the rest (`multi_class="ovr", average="macro"`).
    """

    name = "roc_auc"
    answer = Classification
    best = 1
    worst = 0

    def compute(self, target: Array, scores: Array) -> float | None:
        import numpy as np

        if scores.shape[1] == 2:
            return _auc(target == 1, scores[:, 1])
        areas = [_auc(target == index, scores[:, index]) for index in range(scores.shape[1])]
        known = [area for area in areas if area is not None]
        return float(np.mean(known)) if len(known) == len(areas) else None


class AveragePrecision(Metric):
    """Average precision: area under the precision-recall curve; two classes only.

    The sum over the distinct scores of precision times the increase in recall.
    """

    name = "average_precision"
    answer = Classification
    best = 1
    worst = 0
    classes = 2

    def compute(self, target: Array, scores: Array) -> float | None:
        hits, passed = _counts(target == 1, scores[:, 1])
        if hits[-1] == 0:
            return None
        return float(((hits[1:] - hits[:-1]) * (hits[1:] / passed[1:])).sum() / hits[-1])


def _auc(positive: Array, score: Array) -> float | None:
    """Area under the ROC curve by the trapezoidal rule on the counts at each distinct score."""
    hits, passed = _counts(positive, score)
    if hits[-1] == 0 or hits[-1] == passed[-1]:
        return None
    misses = passed - hits
    area = (misses[1:] - misses[:-1]) * (hits[1:] + hits[:-1]) / 2
    return float(area.sum() / (float(hits[-1]) * float(misses[-1])))


def _counts(positive: Array, score: Array) -> tuple[Array, Array]:
    """Count the positive rows and all rows with at least each distinct score, from the highest; the first counts
    are 0.
    """
    import numpy as np

    order = np.argsort(-score, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(score[order])), len(score) - 1)
    hits = np.cumsum(positive[order])[ends]
    return np.append(0, hits), np.append(0, ends + 1)
