"""Finds columns whose distribution shifted much between two parts of a table."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from mlbuild.data.statistics.distance import SHIFTED_MUCH, distances
from mlbuild.data.statistics.statistics import Statistics
from mlbuild.data.statistics.times import Times

#: The probability that any of the columns is found in two random samples of the same rows.
_CHANCE = 0.01


def shifted(
    reference: Mapping[str, Statistics], other: Mapping[str, Statistics], names: Iterable[str]
) -> dict[str, float]:
    """Return the population stability index of the columns that shifted much, the largest first.

    Few rows can have a large index by chance. So the largest difference of the cumulative distributions, or of the
    shares of a value or of missing values, must also exceed the critical value of the Kolmogorov-Smirnov test,
    corrected for the number of columns. Times are left out: those of later rows always differ.
    """
    chosen = {name: reference[name] for name in names if not isinstance(reference[name], Times)}
    found = {}
    for name, distance in distances(chosen, other).items():
        if distance is None or distance.psi is None or distance.psi < SHIFTED_MUCH:
            continue
        one, two = reference[name], other[name]
        missing = abs(one.missing / one.rows - two.missing / two.rows)
        critical = math.sqrt(math.log(2 * len(chosen) / _CHANCE) / 2 * (1 / one.rows + 1 / two.rows))
        if max(distance.largest or 0.0, missing) > critical:
            found[name] = distance.psi
    return dict(sorted(found.items(), key=lambda item: -item[1]))
