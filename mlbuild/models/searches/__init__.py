"""The ways to search for the parameters of a learner: the catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlbuild.catalogue import Catalogue

if TYPE_CHECKING:
    from mlbuild.models.searches.search import Search

#: The classes for `type:` of a search.
SEARCHES: Catalogue[type[Search]] = Catalogue(
    {
        "tpe": "mlbuild.models.searches.tpe.Tpe",
        "random": "mlbuild.models.searches.random.Random",
    }
)
