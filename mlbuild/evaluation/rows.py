"""The rows that a model is evaluated on."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any

from mlbuild.frozen import frozen
from mlbuild.models.metrics.metric import Groups, Metric

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


@frozen(eq=False)
class Rows:
    """The rows of a split: the coded target [N], the scores, the number of classes, and the clusters as in `interval`.

    `groups` are those of the metrics that need some.
    """

    target: Array
    scores: Array
    classes: int
    clusters: Array | None
    groups: Groups = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.target)

    def at(self, places: Array) -> Rows:
        clusters = None if self.clusters is None else self.clusters[places]
        groups = {columns: numbers[places] for columns, numbers in self.groups.items()}
        return Rows(self.target[places], self.scores[places], self.classes, clusters, groups)

    def seen_by(self, metric: Metric) -> Rows:
        """Return the rows with the target and the clusters that a metric takes."""
        if not metric.grouping:
            return self
        target = metric.grouped(self.target, self.groups)
        return Rows(target, self.scores, self.classes, metric.units(target, self.clusters))

    def count_clusters(self) -> int:
        import numpy as np

        return len(self) if self.clusters is None else int((np.bincount(self.clusters) > 0).sum())
