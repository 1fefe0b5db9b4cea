"""How much worse a model is than another one on the same rows, with the standard error of that.

It is the difference of `differences.py`, in the direction that matters for a decision, for any level of confidence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlbuild.evaluation.differences import counted_by_either, enough
from mlbuild.evaluation.intervals import standard_error
from mlbuild.frozen import frozen
from mlbuild.kinds import Json
from mlbuild.models.metrics.metric import Metric, rounded

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

#: Why there is no standard error.
IDENTICAL, TOO_FEW, UNKNOWN = "identical", "too few", "unknown"
#: The scores of a model and of its file are equal within this tolerance.
EQUAL = 1e-9


@frozen
class Harm:
    """How much further a metric is from its best value than that of another model: negative if it is closer.

    `error` is the standard error over `clusters`. If there is none, `why` says so: the predictions are `identical`, there
    are `too few` clusters, rows of a class or rows on which the models differ, or the error is `unknown` for this metric.
    """

    ours: float
    theirs: float
    harm: float
    error: float | None
    clusters: int
    why: str | None = None

    def to_json(self) -> Json:
        return dict(vars(self))

    @staticmethod
    def from_json(told: Json) -> Harm:
        return Harm(**told)


def harm(
    metric: Metric,
    target: Array,
    ours: Array,
    theirs: Array,
    classes: int,
    clusters: Array | None,
    their_metric: Metric | None = None,
) -> Harm | None:
    """Return the harm of scores [N, width] instead of others; None if the metric is undefined for one of them.

    The arguments are those of `difference`. `their_metric` is the metric with the threshold of the other model.
    """
    return influenced(metric, target, ours, theirs, classes, clusters, their_metric)[0]


def influenced(
    metric: Metric,
    target: Array,
    ours: Array,
    theirs: Array,
    classes: int,
    clusters: Array | None,
    their_metric: Metric | None = None,
) -> tuple[Harm | None, Array | None]:
    """Return the same, and how each row influences it, float64 [N]: None if the harm has no standard error."""
    import numpy as np

    both = ((metric, ours), (their_metric or metric, theirs))
    own, other = (one.value(target, scores, classes) for one, scores in both)
    if own is None or other is None:
        return None, None
    count = len(target) if clusters is None else len(np.unique(clusters))
    found = rounded(own), rounded(other)
    same = their_metric is None or their_metric == metric
    if same and (abs(ours - theirs) <= EQUAL * np.maximum(1.0, abs(theirs))).all():
        return Harm(*found, 0.0, None, count, IDENTICAL), np.zeros(len(target))
    value = rounded(metric.distance(own) - metric.distance(other))
    influences = [one.influence(target, scores) for one, scores in both]
    if influences[0] is None or influences[1] is None or metric.best is None:
        return Harm(*found, value, None, count, UNKNOWN), None
    if own == other and np.array_equal(influences[0], influences[1]):
        return Harm(*found, 0.0, None, count, IDENTICAL), np.zeros(len(target))
    signs = [1 if one > metric.best else -1 for one in (own, other)]
    influence = signs[0] * influences[0] - signs[1] * influences[1]
    error, count = standard_error(influence, clusters, counted_by_either(both, target))
    if not enough(metric, target, ours, theirs, classes, clusters, count, their_metric):
        return Harm(*found, value, None, count, TOO_FEW), None
    return Harm(*found, value, rounded(error), count), influence
