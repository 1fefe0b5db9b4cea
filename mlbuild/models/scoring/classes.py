"""Metrics of predicted classes and probabilities. Targets are class indices [N], scores float64 [N, classes].

The definitions are those of the scikit-learn functions with the same names. The predicted class is the one with the
highest probability, and the first one if several are equal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


def roc_auc(target: Array, scores: Array) -> float | None:
    """Area under the ROC curve.

    Two classes: the probability that a positive row has a higher score than a negative one; ties count half.
    Several classes: the mean over each class against the rest (`multi_class="ovr", average="macro"`).
    """
    import numpy as np

    if scores.shape[1] == 2:
        return _auc(target == 1, scores[:, 1])
    areas = [_auc(target == index, scores[:, index]) for index in range(scores.shape[1])]
    known = [area for area in areas if area is not None]
    return float(np.mean(known)) if len(known) == len(areas) else None


def _auc(positive: Array, score: Array) -> float | None:
    """Area under the ROC curve by the trapezoidal rule on the counts at each distinct score."""
    hits, passed = _counts(positive, score)
    if hits[-1] == 0 or hits[-1] == passed[-1]:
        return None
    misses = passed - hits
    area = (misses[1:] - misses[:-1]) * (hits[1:] + hits[:-1]) / 2
    return float(area.sum() / (float(hits[-1]) * float(misses[-1])))


def average_precision(target: Array, scores: Array) -> float | None:
    """Sum over the distinct scores of precision times the increase in recall."""
    hits, passed = _counts(target == 1, scores[:, 1])
    if hits[-1] == 0:
        return None
    return float(((hits[1:] - hits[:-1]) * (hits[1:] / passed[1:])).sum() / hits[-1])


def _counts(positive: Array, score: Array) -> tuple[Array, Array]:
    """Count the positive rows and all rows with at least each distinct score, from the highest; the first counts
    are 0.
    """
    import numpy as np

    order = np.argsort(-score, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(score[order])), len(score) - 1)
    hits = np.cumsum(positive[order])[ends]
    return np.append(0, hits), np.append(0, ends + 1)


def log_loss(target: Array, scores: Array) -> float:
    """Mean negative logarithm of the probability of the true class, clipped by the machine epsilon as in
    scikit-learn.
    """
    import numpy as np

    epsilon = np.finfo(np.float64).eps
    true = np.clip(scores[np.arange(len(target)), target], epsilon, 1 - epsilon)
    return float(-np.log(true).mean())


def accuracy(target: Array, scores: Array) -> float:
    return float((scores.argmax(axis=1) == target).mean())


def balanced_accuracy(target: Array, scores: Array) -> float:
    """Mean recall of the classes in the target."""
    right, there, _ = _confusion(target, scores)
    held = there > 0
    return float((right[held] / there[held]).mean())


def f1(target: Array, scores: Array) -> float | None:
    """F1 score of the positive class; undefined if there are neither positive rows nor positive predictions."""
    _, there, said = _confusion(target, scores)
    return float(_f1_by_class(target, scores)[1]) if there[1] + said[1] else None


def f1_macro(target: Array, scores: Array) -> float:
    """Mean F1 score of the classes that are in the target or predicted."""
    _, there, said = _confusion(target, scores)
    return float(_f1_by_class(target, scores)[(there + said) > 0].mean())


def _f1_by_class(target: Array, scores: Array) -> Array:
    import numpy as np

    right, there, said = _confusion(target, scores)
    values: Array = 2 * right / np.maximum(there + said, 1)
    return values


def _confusion(target: Array, scores: Array) -> tuple[Array, Array, Array]:
    """Count for each class the correct predictions, the rows of the class, and the predictions of the class."""
    import numpy as np

    predicted = scores.argmax(axis=1)
    width = scores.shape[1]
    right = np.bincount(target[predicted == target], minlength=width)
    return right, np.bincount(target, minlength=width), np.bincount(predicted, minlength=width)


def brier_score(target: Array, scores: Array) -> float:
    """Mean squared error of the probability of the positive class (scikit-learn's `brier_score_loss`)."""
    return float(((scores[:, 1] - (target == 1)) ** 2).mean())
