"""The rows that a model is evaluated on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlbuild.frozen import frozen

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


@frozen(eq=False)
class Rows:
    """The rows of a split: the coded target [N], the scores, the number of classes, and the clusters as in `interval`."""

    target: Array
    scores: Array
    classes: int
    clusters: Array | None

    def __len__(self) -> int:
        return len(self.target)

    def at(self, places: Array) -> Rows:
        clusters = None if self.clusters is None else self.clusters[places]
        return Rows(self.target[places], self.scores[places], self.classes, clusters)

    def count_clusters(self) -> int:
        import numpy as np

        return len(self) if self.clusters is None else int((np.bincount(self.clusters) > 0).sum())
