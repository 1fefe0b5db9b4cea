"""The dimension `choice`: any of some values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mlbuild.diagnostics import Path
from mlbuild.frozen import frozen
from mlbuild.models.searches.dimensions.dimension import Dimension
from mlbuild.params import ListOf, Scalar, field

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution


@frozen
class Choice(Dimension):
    """One value from a list."""

    type = "choice"

    values: tuple[Any, ...] = field(
        ListOf(Scalar(), min_items=2, unique=True), "The values.", examples=(["gbdt", "dart"],)
    )

    def ends(self) -> Mapping[Path, Any]:
        return {("values", place): value for place, value in enumerate(self.values)}

    def at(self, share: float) -> Any:
        return self.values[int(share * len(self.values))]

    def distribution(self) -> BaseDistribution:
        from optuna.distributions import CategoricalDistribution

        return CategoricalDistribution(self.values)
