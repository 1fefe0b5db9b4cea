"""The search `random`: settings drawn evenly from the space."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from mlbuild.frozen import frozen
from mlbuild.models.searches.search import Params, Search, Tried


@frozen
class Random(Search):
    """Draws settings uniformly from the search space, each independently of the others."""

    type = "random"

    def suggest(self, seed: int, number: int, tried: Sequence[Tried]) -> list[Params]:
        numbers = (number * self.together + offset for offset in range(self.together))
        return [
            {name: one.at(_share(seed, trial, name)) for name, one in self.dimensions.items()}
            for trial in numbers
        ]


def _share(seed: int, trial: int, name: str) -> float:
    """Return a number that is at least 0 and less than 1, evenly distributed over trials."""
    digest = hashlib.sha256(f"{seed}\n{trial}\n{name}".encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48
