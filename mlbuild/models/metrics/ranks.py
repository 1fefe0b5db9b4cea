"""Metrics of how probabilities rank rows. Targets are class indices [N], scores float64 [N, classes].

No result depends on how a sort arranges rows with equal scores, so sorts need not be stable, which makes them faster.
"""

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

    metric = "roc_auc"
    answer = Classification
    low = 0
    high = 1
    best = 1

    def compute(self, target: Array, scores: Array) -> float | None:
        import numpy as np

        if scores.shape[1] == 2:
            return _auc(target == 1, scores[:, 1])
        areas = [_auc(target == index, scores[:, index]) for index in range(scores.shape[1])]
        known = [area for area in areas if area is not None]
        return float(np.mean(known)) if len(known) == len(areas) else None

    def influence(self, target: Array, scores: Array) -> Array | None:
        import numpy as np

        classes = [1] if scores.shape[1] == 2 else range(scores.shape[1])
        influences: Array = np.mean(
            [_auc_influence(target == one, scores[:, one]) for one in classes], axis=0
        )
        return influences


class RocAucOvo(Metric):
    """Area under the ROC curve of each pair of classes, on the rows of these two; the mean over all pairs.

    It is scikit-learn's `roc_auc_score` with `multi_class="ovo", average="macro"`. For more than two classes. Undefined
    if a class has no rows.
    """

    metric = "roc_auc_ovo"
    answer = Classification
    low = 0
    high = 1
    best = 1

    def suits(self, classes: int | None) -> bool:
        return classes is None or classes > 2

    def needs(self) -> str:
        return "more than 2 classes"

    def compute(self, target: Array, scores: Array) -> float | None:
        import numpy as np

        if (np.bincount(target, minlength=scores.shape[1]) == 0).any():
            return None
        areas = [
            _auc(target[rows] == one, scores[rows, one]) for one, rows in _pairs(target, scores.shape[1])
        ]
        return float(np.mean([area for area in areas if area is not None]))

    def influence(self, target: Array, scores: Array) -> Array | None:
        import numpy as np

        pairs = _pairs(target, scores.shape[1])
        total = np.zeros(len(target))
        for one, rows in pairs:
            own = _auc_influence(target[rows] == one, scores[rows, one])
            total[rows] += own * (len(target) / len(own))
        return total / len(pairs)


class AveragePrecision(Metric):
    """Average precision: area under the precision-recall curve; two classes only.

    The sum over the distinct scores of precision times the increase in recall.
    """

    metric = "average_precision"
    answer = Classification
    low = 0
    high = 1
    best = 1
    classes = 2

    def compute(self, target: Array, scores: Array) -> float | None:
        hits, passed = _counts(target == 1, scores[:, 1])
        if hits[-1] == 0:
            return None
        return float(((hits[1:] - hits[:-1]) * (hits[1:] / passed[1:])).sum() / hits[-1])

    def influence(self, target: Array, scores: Array) -> Array | None:
        """Differentiate the sum of the precision at the score of each positive row, divided by their number.

        A row counts in the precision at all scores that are not above its own.
        """
        import numpy as np

        positive, score = target == 1, scores[:, 1]
        hits, passed = _counts(positive, score)
        steps, precision = hits[1:] - hits[:-1], hits[1:] / passed[1:]
        # At each distinct score, from the highest: sums over the positive rows with this score or a lower one.
        below = np.cumsum((steps / passed[1:])[::-1])[::-1]
        below_weighted = np.cumsum((steps * precision / passed[1:])[::-1])[::-1]
        at = np.empty(len(score), np.int64)
        at[np.argsort(-score)] = np.repeat(np.arange(len(precision)), np.diff(passed))
        area = (steps * precision).sum() / hits[-1]
        gained = positive * (precision[at] + below[at] - area) - below_weighted[at]
        influence: Array = gained * (len(target) / hits[-1])
        return influence


def _auc(positive: Array, score: Array) -> float | None:
    """Area under the ROC curve by the trapezoidal rule on the counts at each distinct score."""
    hits, passed = _counts(positive, score)
    if hits[-1] == 0 or hits[-1] == passed[-1]:
        return None
    misses = passed - hits
    area = (misses[1:] - misses[:-1]) * (hits[1:] + hits[:-1]) / 2
    return float(area.sum() / (float(hits[-1]) * float(misses[-1])))


def _auc_influence(positive: Array, score: Array) -> Array:
    """Compare each row with all rows of the other kind, as DeLong, DeLong and Clarke-Pearson (1988) do."""
    import numpy as np

    order = np.argsort(score)
    kinds = positive[order]
    starts = np.append(0, np.flatnonzero(np.diff(score[order])) + 1)  # of rows with equal scores
    sizes = np.diff(np.append(starts, len(score)))
    won = np.empty(len(score))
    for kind, sign in ((kinds, 1), (~kinds, -1)):
        others = sizes - np.add.reduceat(kind, starts, dtype=np.int64)
        ends = np.cumsum(others)
        lower = 2 * ends - others if sign == 1 else 2 * ends[-1] - 2 * ends + others
        share = np.repeat(lower / (2 * ends[-1]), sizes)[kind]
        won[order[kind]] = (share - share.mean()) * (len(score) / len(share))
    return won


def _pairs(target: Array, classes: int) -> list[tuple[int, Array]]:
    """Return each class with the rows, bool [N], of this class and of another one, for all other ones."""
    held = [target == one for one in range(classes)]
    return [
        (one, held[one] | held[other]) for one in range(classes) for other in range(classes) if one != other
    ]


def _counts(positive: Array, score: Array) -> tuple[Array, Array]:
    """Count the positive rows and all rows with at least each distinct score, from the highest; the first counts
    are 0.
    """
    import numpy as np

    order = np.argsort(-score)
    ends = np.append(np.flatnonzero(np.diff(score[order])), len(score) - 1)
    hits = np.cumsum(positive[order])[ends]
    return np.append(0, hits), np.append(0, ends + 1)
