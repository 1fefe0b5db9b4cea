"""The ways to choose the lowest probability at which a row is predicted as positive: the catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlbuild.catalogue import Catalogue

if TYPE_CHECKING:
    from mlbuild.models.thresholds.threshold import Threshold

#: The classes for `type:` of a threshold.
THRESHOLDS: Catalogue[type[Threshold]] = Catalogue(
    {
        "fixed": "mlbuild.models.thresholds.fixed.Fixed",
        "best": "mlbuild.models.thresholds.best.Best",
        "at_least": "mlbuild.models.thresholds.at_least.AtLeast",
        "cost": "mlbuild.models.thresholds.cost.Cost",
    }
)
