"""The dimensions of a search space: the catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlbuild.catalogue import Catalogue

if TYPE_CHECKING:
    from mlbuild.models.searches.dimensions.dimension import Dimension

#: The classes for `type:` of a dimension.
DIMENSIONS: Catalogue[type[Dimension]] = Catalogue(
    {
        "int": "mlbuild.models.searches.dimensions.int.Int",
        "float": "mlbuild.models.searches.dimensions.float.Float",
        "choice": "mlbuild.models.searches.dimensions.choice.Choice",
    }
)
