"""Metrics of slices: their intervals, and whether they differ from the metrics of all rows by more than chance.

A slice is a part of all rows, so both values vary together. The influences of the rows on the difference are those on
the value of the slice less those on the value of all rows. Many slices are compared at once, so the probabilities that
chance alone gives such differences are corrected by the method of Holm (1979).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mlbuild.data.slices import Group
from mlbuild.evaluation import student
from mlbuild.evaluation.holm import corrected
from mlbuild.evaluation.intervals import LEVEL, TOO_FEW, Estimate, around, estimate, standard_error
from mlbuild.evaluation.rows import Rows
from mlbuild.models.metrics.metric import Metric, rounded
from mlbuild.params import Json

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


class Whole:
    """A metric of all rows, to compare slices with."""

    def __init__(self, metric: Metric, rows: Rows) -> None:
        self.metric, self.rows = metric, rows.seen_by(metric)
        target, scores, clusters = self.rows.target, self.rows.scores, self.rows.clusters
        self.value = metric.value(target, scores, rows.classes)
        influence = None if self.value is None else metric.influence(target, scores)
        self._known = influence is not None
        if influence is not None:
            self._sums = _sums(influence, clusters) / len(rows)
            self._squares = float((self._sums**2).sum())
            self._clusters = standard_error(influence, clusters, metric.counted(target, scores))[1]

    def compared(self, places: Array, part: Rows) -> Json:
        """Return the value of a slice, its interval, and its difference from that of all rows. `p` is the probability
        that chance alone gives such a difference, before the correction; None if there are too few rows.
        """
        metric, value = self.metric, self.metric.value(part.target, part.scores, part.classes)
        if value is None or self.value is None:
            return {"value": None if value is None else rounded(value), "interval": None} | _UNCOMPARED
        difference = rounded(value - self.value)
        influence = metric.influence(part.target, part.scores) if self._known else None
        if influence is None:
            return {"value": rounded(value), "interval": None} | _UNCOMPARED | {"difference": difference}
        one = estimate(metric, value, influence, part.target, part.scores, part.classes, part.clusters)
        found: Json = {"value": rounded(value), "interval": one, "difference": difference}
        if not isinstance(one, Estimate):
            return found | {"difference_interval": TOO_FEW, "p": None}
        own = one.interval(metric)
        found |= {"interval": own and own.to_json(), "error": rounded(one.error), "count": one.count}
        error = self._error(places, part, influence)
        interval = around(value - self.value, error, one.count).to_json()
        p = rounded(student.tails(abs(value - self.value) / error, one.count - 1)) if error > 0 else None
        return found | {"difference_interval": interval, "p": p}

    def _error(self, places: Array, part: Rows, influence: Array) -> float:
        """Return the standard error of the difference."""
        import numpy as np

        own = _sums(influence, part.clusters) / len(part)
        here = places
        if part.clusters is not None:
            here = np.flatnonzero(np.bincount(part.clusters))
            own = own[here]
        both = self._sums[here]
        every = self._clusters
        # Clusters without rows of the slice vary only the value of all rows.
        squares = self._squares - float((both**2).sum()) + float(((own - both) ** 2).sum())
        return math.sqrt(max(squares, 0.0) * every / (every - 1))


_UNCOMPARED: Json = {"difference": None, "difference_interval": None, "p": None}


def sliced(metrics: Sequence[Metric], rows: Rows, found: Sequence[tuple[str, Sequence[Group]]]) -> list[Json]:
    """Return the metrics of each group of each slice, which are given by name."""
    wholes = [Whole(metric, rows) for metric in metrics]
    told: list[Json] = []
    for name, groups in found:
        for group in groups:
            part = rows.at(group.rows)
            # A metric with groups has a target and clusters of its own.
            parts = [part if one.rows is rows else one.rows.at(group.rows) for one in wholes]
            told.append(
                {
                    "slice": name,
                    "values": dict(group.values),
                    "rows": len(part),
                    "clusters": part.count_clusters(),
                    "metrics": {
                        one.metric.label: one.compared(group.rows, own)
                        for one, own in zip(wholes, parts, strict=True)
                    },
                }
            )
    for metric in metrics:
        _correct([one["metrics"][metric.label] for one in told])
    return told


def _correct(found: Sequence[Json]) -> None:
    """Replace the probabilities of a metric in all slices with corrected ones, and say which are significant."""
    for one, p in zip(found, corrected([one["p"] for one in found]), strict=True):
        one["p"], one["outside_chance"] = p, p is not None and p < 1 - LEVEL


def _sums(influence: Array, clusters: Array | None) -> Array:
    import numpy as np

    return influence if clusters is None else np.bincount(clusters, influence)
