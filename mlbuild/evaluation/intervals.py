"""Confidence intervals of metrics, from the influence of each row.

Rows are rarely independent: those of one customer, or of one day, err together. The unit is therefore a cluster of
rows. The standard error is that of the sums of influences over clusters (Liang and Zeger, 1986), and the quantile that
of Student's t with as many degrees of freedom as there are clusters, less one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mlbuild.evaluation import student
from mlbuild.evaluation.rows import Rows
from mlbuild.frozen import frozen
from mlbuild.models.metrics.metric import Metric, rounded

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

LEVEL = 0.95
#: With fewer clusters, or fewer rows of a class, an interval would be far too narrow.
FEWEST = 10
#: The largest exponents of the ends of an interval on the logit scale and on that of logarithms: more says nothing.
_LOGIT, _LOGARITHM = 700.0, 100.0
#: What results contain instead of such an interval.
TOO_FEW = "too few"


@frozen
class Interval:
    """An interval that contains the value for the population with a probability of `LEVEL`."""

    low: float
    high: float

    def to_json(self) -> list[float]:
        return [self.low, self.high]


@frozen
class Estimate:
    """A value that a metric has on some rows, its standard error, and the number of clusters behind it."""

    value: float
    error: float
    count: int

    def interval(self, metric: Metric, level: float = LEVEL) -> Interval | None:
        """Return the interval that contains the value for the population with a probability of `level`."""
        lowest, highest = metric.low, metric.high
        quantile = student.quantile((1 + level) / 2, self.count - 1)
        found: tuple[float, float] | None
        if metric.is_share:
            found = wilson(self.value, self.error, self.count, quantile)
        elif math.isfinite(highest - lowest):
            found = _logit(self.value, self.error, quantile, lowest, highest)
        elif math.isfinite(lowest):
            found = _logarithmic(self.value, quantile * self.error, lowest)
        elif math.isfinite(highest):
            found = _logarithmic(self.value, quantile * self.error, highest)
        else:
            return around(self.value, self.error, self.count, level)
        return None if found is None else Interval(*map(rounded, found))


def around(value: float, error: float, count: int, level: float = LEVEL) -> Interval:
    """Return the symmetric interval of a value, such as a difference, with its standard error over `count` clusters."""
    half = student.quantile((1 + level) / 2, count - 1) * error
    return Interval(rounded(value - half), rounded(value + half))


def intervals(metrics: Sequence[Metric], values: Mapping[str, float | None], rows: Rows) -> dict[str, Any]:
    """Return the number of clusters, and the interval of each value by the label of its metric."""
    found: dict[str, Any] = {"clusters": rows.count_clusters()}
    for metric in metrics:
        value, own = values[metric.label], rows.seen_by(metric)
        one = (
            None
            if value is None
            else interval(metric, value, own.target, own.scores, own.classes, own.clusters)
        )
        found[metric.label] = one.to_json() if isinstance(one, Interval) else one
    return found


def interval(
    metric: Metric, value: float, target: Array, scores: Array, classes: int, clusters: Array | None
) -> Interval | str | None:
    """Return the interval of a value that the metric has for a coded target [N] and scores.

    It is `TOO_FEW` if there are too few clusters or rows of a class, and None if the metric has no influences.

    `clusters` are the numbers of the clusters of the rows, int64 [N] from 0; None if each row is one. `classes` is the
    number of classes, or 0.

    A share of rows has Wilson's interval, with the number of independent rows that have the same standard error. A
    metric with two bounds has one on the logit scale, and one with a single bound on the scale of the logarithm of its
    distance from the bound: means of squares vary much more upwards than downwards. Others have a symmetric one.
    """
    influence = metric.influence(target, scores)
    if influence is None:
        return None
    found = estimate(metric, value, influence, target, scores, classes, clusters)
    return found.interval(metric) if isinstance(found, Estimate) else found


def estimate(
    metric: Metric,
    value: float,
    influence: Array,
    target: Array,
    scores: Array,
    classes: int,
    clusters: Array | None,
) -> Estimate | str:
    """Return a value with its standard error from the influences of the rows [N], or `TOO_FEW`."""
    error, count = standard_error(influence, clusters, metric.counted(target, scores))
    if count < FEWEST or (classes and metric.needs_every_class and _has_rare_class(target, classes)):
        return TOO_FEW
    return Estimate(value, error, count)


def standard_error(
    influence: Array, clusters: Array | None, counted: Array | None = None
) -> tuple[float, int]:
    """Return the standard error of a value whose influences [N] these are, and the number of clusters.

    Clusters without a row that is `counted`, bool [N], say nothing about the value. The error is infinite for a single
    cluster.
    """
    sums = influence_sums(influence, clusters)
    count = (
        len(sums) if counted is None else len(influence_sums(influence[counted], _some(clusters, counted)))
    )
    if count < 2:
        return math.inf, count
    return math.sqrt(count / (count - 1) * float((sums**2).sum())) / len(influence), count


def _some(clusters: Array | None, rows: Array) -> Array | None:
    return None if clusters is None else clusters[rows]


def influence_sums(influence: Array, clusters: Array | None) -> Array:
    """Return the sums of the influences [N] over each cluster that has rows, in the order of their numbers."""
    import numpy as np

    if clusters is None:
        return influence
    sums: Array = np.bincount(clusters, influence)[np.bincount(clusters) > 0]
    return sums


def _has_rare_class(target: Array, classes: int) -> bool:
    import numpy as np

    counts = np.bincount(target, minlength=classes)
    return bool((counts < FEWEST).any())


def wilson(share: float, error: float, count: int, quantile: float) -> tuple[float, float]:
    """Wilson's interval (1927). If all rows are alike, each cluster counts as one row."""
    rows = share * (1 - share) / error**2 if error else float(count)
    squared = quantile**2
    center = (share + squared / (2 * rows)) / (1 + squared / rows)
    half = quantile * math.sqrt(share * (1 - share) / rows + squared / (4 * rows**2)) / (1 + squared / rows)
    return max(center - half, 0.0), min(center + half, 1.0)


def _logit(
    value: float, error: float, quantile: float, lowest: float, highest: float
) -> tuple[float, float] | None:
    """Return an interval that is symmetric on the logit scale; None at a bound, where there is no such scale."""
    width = highest - lowest
    share = (value - lowest) / width
    if not 0 < share < 1:
        return None
    middle, half = math.log(share / (1 - share)), quantile * error / (width * share * (1 - share))
    low, high = (
        lowest + width / (1 + math.exp(-end)) if end > -_LOGIT else lowest
        for end in (middle - half, middle + half)
    )
    return low, high


def _logarithmic(value: float, half: float, bound: float) -> tuple[float, float]:
    """Return an interval that is symmetric on the scale of logarithms; the value itself at the bound, where no row errs."""
    distance = value - bound
    if not distance:
        return value, value
    factor = math.exp(min(half / abs(distance), _LOGARITHM))
    ends = bound + distance / factor, bound + distance * factor
    return min(ends), max(ends)
