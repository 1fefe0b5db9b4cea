"""The difference of a metric between two models on the same rows, with its confidence interval.

Both models err on the same difficult rows, so the interval of the difference is much narrower than those of the two
values suggest. It follows from the difference of the influences of each row (see `intervals.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mlbuild.evaluation.intervals import FEWEST, around, standard_error
from mlbuild.frozen import frozen
from mlbuild.models.answers.classification import decide
from mlbuild.models.metrics.decided import Decided
from mlbuild.models.metrics.metric import Metric, rounded

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


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
    metric: Metric,
    target: Array,
    one: Array,
    other: Array,
    classes: int,
    clusters: Array | None,
    other_metric: Metric | None = None,
) -> Difference | None:
    """Return the difference of a metric between two arrays of scores for the same coded target [N].

    `classes` and `clusters` are as in `interval`. `other_metric` is the metric with the threshold of the second model. None if
    the metric is undefined on these rows.
    """
    import numpy as np

    both = ((metric, one), (other_metric or metric, other))
    values = [own.value(target, scores, classes) for own, scores in both]
    if values[0] is None or values[1] is None:
        return None
    if np.array_equal(one, other) and both[0][0] == both[1][0]:
        return Difference(0.0, (0.0, 0.0))
    found = Difference(rounded(values[1] - values[0]))
    influences = [own.influence(target, scores) for own, scores in both]
    if influences[0] is None or influences[1] is None:
        return found
    counted = counted_by_either(both, target)
    error, count = standard_error(influences[1] - influences[0], clusters, counted)
    if not enough(metric, target, one, other, classes, clusters, count, other_metric):
        return found
    ends = around(found.value, error, count)
    return replace(found, interval=(ends.low, ends.high))


def counted_by_either(both: Sequence[tuple[Metric, Array]], target: Array) -> Array | None:
    """Return the rows that the value for one of two models is about, bool [N]; None for all rows."""
    one, other = (metric.counted(target, scores) for metric, scores in both)
    if one is None or other is None:
        return None
    either: Array = one | other
    return either


def enough(
    metric: Metric,
    target: Array,
    one: Array,
    other: Array,
    classes: int,
    clusters: Array | None,
    count: int,
    other_metric: Metric | None = None,
) -> bool:
    """Whether there are enough clusters, `count`, rows of each class, and rows on which the models differ, for an interval."""
    import numpy as np

    if classes and metric.needs_every_class and (np.bincount(target, minlength=classes) < FEWEST).any():
        return False
    both = ((metric, one), (other_metric or metric, other))
    return min([count, *_counts(both, target, clusters)]) >= FEWEST


def _counts(
    both: tuple[tuple[Metric, Array], tuple[Metric, Array]], target: Array, clusters: Array | None
) -> Iterator[int]:
    """Yield in how many clusters there are rows that a share counts, for each model; and rows that they decide differently."""
    import numpy as np

    if not both[0][0].is_share:
        return
    counted = [metric.counted(target, scores) for metric, scores in both]
    one, other = (
        metric.predicted(scores) if isinstance(metric, Decided) else decide(scores) for metric, scores in both
    )
    for some in [*(rows for rows in counted if rows is not None), one != other]:
        yield int(some.sum()) if clusters is None else len(np.unique(clusters[some]))
