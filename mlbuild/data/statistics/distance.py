"""Distances between the distributions of a column in two tables."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from mlbuild.data.statistics.numbers import Numbers
from mlbuild.data.statistics.statistics import Statistics
from mlbuild.frozen import frozen

#: How many groups of about the same number of reference values the population stability index compares.
GROUPS = 20
#: From which index on a distribution has shifted, by convention, and from which it has shifted much.
SHIFTED, SHIFTED_MUCH = 0.1, 0.25


@frozen
class Distance:
    """How far the distribution of a column differs from that of a reference. None where it is not defined.

    `psi` is the population stability index: the sum of (q - p) ln(q / p) over groups with the shares p of the
    reference and q of the other, missing values being one group, minus what two random samples of one distribution
    have on average. `largest` is the largest difference of the two cumulative distributions (Kolmogorov-Smirnov)
    for numbers and times, and of the shares of a value otherwise. `shift` is the difference of the means in standard
    deviations of the reference.
    """

    psi: float | None
    largest: float | None
    shift: float | None

    @staticmethod
    def between(reference: Statistics, other: Statistics) -> Distance:
        """Return the distance of two columns of the same family."""
        if not reference.rows or not other.rows:
            return Distance(None, None, None)
        one, two = reference.aligned(other)
        keys = [*dict.fromkeys([*one, *two])]
        if reference.ordered:
            keys.sort()
        counts = [(one.get(key, 0), two.get(key, 0)) for key in keys]
        groups = _equal(counts) if reference.ordered else counts
        psi = _psi([*groups, (reference.missing, other.missing)])
        largest = _largest(counts, reference.ordered) if reference.present and other.present else None
        return Distance(psi, largest, _shift(reference, other))

    def to_json(self) -> dict[str, float | None]:
        return {"psi": self.psi, "largest": self.largest, "shift": self.shift}


def _equal(counts: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Group neighbouring bins, so that the groups have about the same number of reference values."""
    total = sum(one for one, _ in counts)
    groups: list[tuple[int, int]] = []
    before, open_one, open_two = 0, 0, 0
    for one, two in counts:
        open_one, open_two = open_one + one, open_two + two
        if open_one and (before + open_one) * GROUPS >= total * (len(groups) + 1):
            groups.append((open_one, open_two))
            before, open_one, open_two = before + open_one, 0, 0
    if open_one or open_two:  # values above all of the reference belong to its last group
        last = groups.pop() if groups and not open_one else (0, 0)
        groups.append((last[0] + open_one, last[1] + open_two))
    return groups


def _psi(groups: Sequence[tuple[int, int]]) -> float:
    """Return the index of groups with smoothed shares: Jeffreys' prior adds half a value to each group.

    Groups that are empty in both are left out. The expected value for two samples of one distribution is
    (groups - 1) (1/n + 1/m).
    """
    used = [(one + 0.5, two + 0.5) for one, two in groups if one or two]
    ones, twos = (sum(pair[side] for pair in used) for side in (0, 1))
    index = math.fsum((two / twos - one / ones) * math.log((two / twos) / (one / ones)) for one, two in used)
    return max(index - (len(used) - 1) * (1 / ones + 1 / twos), 0.0)


def _largest(counts: Sequence[tuple[int, int]], ordered: bool) -> float:
    ones, twos = (sum(pair[side] for pair in counts) or 1 for side in (0, 1))
    differences = [one / ones - two / twos for one, two in counts]
    if ordered:
        differences = [math.fsum(differences[: end + 1]) for end in range(len(differences))]
    return max(map(abs, differences), default=0.0)


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
    return {
        name: Distance.between(one, other[name]) if type(one) is type(other[name]) else None
        for name, one in reference.items()
        if name in other
    }
