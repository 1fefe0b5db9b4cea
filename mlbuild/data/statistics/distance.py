"""Distances between the distributions of a column in two tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mlbuild.data.statistics.numbers import Numbers
from mlbuild.data.statistics.statistics import Statistics
from mlbuild.frozen import frozen
from mlbuild.profiles.distances import Stability, largest_difference

#: How many groups of about the same number of reference values the population stability index compares.
GROUPS = 20
#: From which index on a distribution has shifted, by convention, and from which it has shifted much.
SHIFTED, SHIFTED_MUCH = 0.1, 0.25


@frozen
class Distance:
    """How far the distribution of a column differs from that of a reference. None where it is not defined.

    `psi` is the population stability index (`Stability`) of groups, of which missing values are one, minus what two random
    samples of one distribution have on average. `largest` is the largest difference of the two cumulative distributions
    (Kolmogorov-Smirnov) for numbers and times, and of the shares of a value otherwise. `shift` is the difference of the
    means in standard deviations of the reference.
    """

    psi: float | None
    largest: float | None
    shift: float | None

    @staticmethod
    def between(reference: Statistics, other: Statistics) -> Distance:
        """Return the distance of two columns of the same family."""
        import numpy as np

        if not reference.rows or not other.rows:
            return Distance(None, None, None)
        one, two = reference.aligned(other)
        keys = [*dict.fromkeys([*one, *two])]
        if reference.ordered:
            keys.sort()
        counts = [(one.get(key, 0), two.get(key, 0)) for key in keys]
        groups = _equal(counts) if reference.ordered else counts
        psi = Stability.of(*np.array([*groups, (reference.missing, other.missing)]).T).index
        largest = None
        if reference.present and other.present:
            ones, twos = np.array(counts).T
            largest = largest_difference(ones, twos, reference.ordered)
        return Distance(psi, largest, _shift(reference, other))

    def to_json(self) -> dict[str, float | None]:
        return {"psi": self.psi, "largest": self.largest, "shift": self.shift}


def _equal(counts: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Group neighbouring bins, so that the groups have about the same number of reference values.

    Values below and above all of the reference are groups of their own.
    """
    inside = [place for place, (one, _) in enumerate(counts) if one]
    first, end = (inside[0], inside[-1] + 1) if inside else (0, 0)
    total = sum(one for one, _ in counts)
    groups: list[tuple[int, int]] = []
    before, open_one, open_two = 0, 0, 0
    for one, two in counts[first:end]:
        open_one, open_two = open_one + one, open_two + two
        if open_one and (before + open_one) * GROUPS >= total * (len(groups) + 1):
            groups.append((open_one, open_two))
            before, open_one, open_two = before + open_one, 0, 0
    outside = [(0, sum(two for _, two in part)) for part in (counts[:first], counts[end:])]
    return [*groups, *(group for group in outside if group[1])]


def _shift(reference: Statistics, other: Statistics) -> float | None:
    if not isinstance(reference, Numbers) or not isinstance(other, Numbers):
        return None
    if reference.mean is None or other.mean is None or not reference.sd:
        return None
    return (other.mean - reference.mean) / reference.sd


def distances(
    reference: Mapping[str, Statistics], other: Mapping[str, Statistics]
) -> dict[str, Distance | None]:
    """Return the distance of each column that both tables have; None if its values cannot be compared."""
    pairs = {name: _alike(one, other[name]) for name, one in reference.items() if name in other}
    return {name: pair and Distance.between(*pair) for name, pair in pairs.items()}


def _alike(one: Statistics, other: Statistics) -> tuple[Statistics, Statistics] | None:
    """Return two columns as the same family. A column without values can be of any."""
    if type(one) is type(other):
        return one, other
    if not one.present:
        return other.blank(one.rows, other.dtype), other
    return None if other.present else (one, one.blank(other.rows, one.dtype))
