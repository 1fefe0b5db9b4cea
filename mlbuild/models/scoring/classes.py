"""Metrics of predicted classes and probabilities; targets are class indices [N], scores float64 [N, classes].

Definitions are scikit-learn's, of the function of the same name. A class is predicted where its probability is
the largest, the first of equals.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


def roc_auc(target: Array, scores: Array) -> float | None:
    """Two classes: the chance that a positive row is scored above a negative one, ties counting half.

    Several classes: the mean of each class against the rest (`multi_class="ovr", average="macro"`).
    """
    import numpy as np

    if scores.shape[1] == 2:
        return _auc(target == 1, scores[:, 1])
    areas = [_auc(target == index, scores[:, index]) for index in range(scores.shape[1])]
    known = [area for area in areas if area is not None]
    return float(np.mean(known)) if len(known) == len(areas) else None


def _auc(positive: Array, score: Array) -> float | None:
    """By the trapezoidal rule on the counts at each distinct score."""
    hits, passed = _counts(positive, score)
    if hits[-1] == 0 or hits[-1] == passed[-1]:
        return None
    misses = passed - hits
    area = (misses[1:] - misses[:-1]) * (hits[1:] + hits[:-1]) / 2
    return float(area.sum() / (float(hits[-1]) * float(misses[-1])))


def average_precision(target: Array, scores: Array) -> float | None:
    """The sum over distinct scores of precision times the step in recall."""
    hits, passed = _counts(target == 1, scores[:, 1])
    if hits[-1] == 0:
        return None
    return float(((hits[1:] - hits[:-1]) * (hits[1:] / passed[1:])).sum() / hits[-1])


def _counts(positive: Array, score: Array) -> tuple[Array, Array]:
    """How many positive rows and how many rows score at least as high, per distinct score from the top, after 0."""
    import numpy as np

    order = np.argsort(-score, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(score[order])), len(score) - 1)
    hits = np.cumsum(positive[order])[ends]
    return np.append(0, hits), np.append(0, ends + 1)


def log_loss(target: Array, scores: Array) -> float:
    """Probabilities are kept away from 0 and 1 by the machine epsilon, as scikit-learn does."""
    import numpy as np

    epsilon = np.finfo(np.float64).eps
    true = np.clip(scores[np.arange(len(target)), target], epsilon, 1 - epsilon)
    return float(-np.log(true).mean())


def accuracy(target: Array, scores: Array) -> float:
    return float((scores.argmax(axis=1) == target).mean())


def balanced_accuracy(target: Array, scores: Array) -> float:
    """The mean recall of the classes that the target holds."""
    right, there, _ = _confusion(target, scores)
    held = there > 0
    return float((right[held] / there[held]).mean())


def f1(target: Array, scores: Array) -> float | None:
    """Of the positive class; undefined where there is neither a positive row nor a positive prediction."""
    _, there, said = _confusion(target, scores)
    return float(_f1_by_class(target, scores)[1]) if there[1] + said[1] else None


def f1_macro(target: Array, scores: Array) -> float:
    """The mean over the classes that are in the target or predicted."""
    _, there, said = _confusion(target, scores)
    return float(_f1_by_class(target, scores)[(there + said) > 0].mean())


def _f1_by_class(target: Array, scores: Array) -> Array:
    import numpy as np

    right, there, said = _confusion(target, scores)
    values: Array = 2 * right / np.maximum(there + said, 1)
    return values


def _confusion(target: Array, scores: Array) -> tuple[Array, Array, Array]:
    """Per class, how many rows are rightly predicted, are of it, are predicted to be."""
    import numpy as np

    predicted = scores.argmax(axis=1)
    width = scores.shape[1]
    right = np.bincount(target[predicted == target], minlength=width)
    return right, np.bincount(target, minlength=width), np.bincount(predicted, minlength=width)


def brier_score(target: Array, scores: Array) -> float:
    """scikit-learn's `brier_score_loss`."""
    return float(((scores[:, 1] - (target == 1)) ** 2).mean())
