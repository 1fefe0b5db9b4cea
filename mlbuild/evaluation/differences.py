"""The difference of a metric between two models on the same rows, with its confidence interval.

Both models err on the same difficult rows, so the interval of the difference is much narrower than those of the two
values suggest. It follows from the difference of the influences of each row (see `intervals.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlbuild.evaluation import student
from mlbuild.evaluation.intervals import FEWEST, LEVEL, standard_error
from mlbuild.frozen import frozen
from mlbuild.models.metrics.metric import Metric

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

_DIGITS = 12


@frozen
class Difference:
    """How much larger a metric is for the second of two models, and an interval for that.

    The interval contains the difference for the population with a probability of `LEVEL`. It is None if there are too few
    clusters, rows of a class, or rows on which the models differ, or if the metric has no influences.
    """

    value: float
    interval: tuple[float, float] | None = None

    @property
    def beyond_chance(self) -> bool:
        """Whether chance is an unlikely explanation: the interval does not contain 0."""
        return self.interval is not None and not self.interval[0] <= 0 <= self.interval[1]

    def to_json(self) -> dict[str, Any]:
        told = {"difference": self.value, "interval": self.interval and list(self.interval)}
        return told | {"beyond_chance": self.beyond_chance}


def difference(
    metric: Metric, target: Array, one: Array, other: Array, classes: int, clusters: Array | None
) -> Difference | None:
    """Return the difference of a metric between two arrays of scores for the same coded target [N].

    `classes` and `clusters` are as in `interval`. None if the metric is undefined on these rows.
    """
    import numpy as np

    values = [metric.value(target, scores, classes) for scores in (one, other)]
    if values[0] is None or values[1] is None:
        return None
    if np.array_equal(one, other):
        return Difference(0.0, (0.0, 0.0))
    found = values[1] - values[0]
    influences = [metric.influence(target, scores) for scores in (one, other)]
    if influences[0] is None or influences[1] is None or _has_rare_class(metric, target, classes):
        return Difference(_rounded(found))
    apart = influences[1] - influences[0]
    error, count = standard_error(apart, clusters)
    # The influences of rows that both models treat alike differ by the same constant, which is minus the difference.
    differing = np.abs(apart + found) > 1e-9 if metric.is_share else np.ones(len(target), bool)
    units = int(differing.sum()) if clusters is None else len(np.unique(clusters[differing]))
    if min(count, units) < FEWEST:
        return Difference(_rounded(found))
    half = student.quantile((1 + LEVEL) / 2, count - 1) * error
    return Difference(_rounded(found), (_rounded(found - half), _rounded(found + half)))


def _has_rare_class(metric: Metric, target: Array, classes: int) -> bool:
    """Whether there are too few rows of a class for a metric that is not a mean over all rows."""
    import numpy as np

    if not classes or metric.is_share or not np.isfinite(metric.worst):
        return False
    return bool((np.bincount(target, minlength=classes) < FEWEST).any())


def _rounded(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
