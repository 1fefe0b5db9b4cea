"""Corrects probabilities for the number of comparisons, by the method of Holm (1979)."""

from __future__ import annotations

from collections.abc import Sequence

from mlbuild.models.metrics.metric import rounded


def corrected(chances: Sequence[float | None]) -> list[float | None]:
    """Return the corrected probabilities that chance alone gives such differences. None is not compared, and stays."""
    known = sorted((chance, place) for place, chance in enumerate(chances) if chance is not None)
    found: list[float | None] = [None] * len(chances)
    largest = 0.0
    for rank, (chance, place) in enumerate(known):
        largest = max(largest, min(1.0, (len(known) - rank) * chance))
        found[place] = rounded(largest)
    return found
