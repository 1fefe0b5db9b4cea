"""Decides whether the distributions of rows have drifted from those of a profile.

A test of each column at 1 % raises false alarms all the time: there are many columns, and rows that follow each other are
similar, so that their distribution differs from that of the whole reference even if nothing has changed. Therefore:

- If the profile has enough periods, they show how much distributions differ by themselves. The statistic of a column is divided by its
  median over the reference's periods. There is an alarm if it is larger than the largest such quotient of any column and any
  period (the maximum test of Westfall and Young, 1993).
- Otherwise, rows are assumed to be independent, and the false discovery rate is limited (Benjamini and Hochberg, 1995).

In both cases, the stability index must also be large enough to matter.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from mlbuild.frozen import frozen
from mlbuild.profiles.column import ColumnProfile
from mlbuild.profiles.distances import Stability, largest_difference
from mlbuild.profiles.profile import FEWEST_ROWS, Profile
from mlbuild.profiles.tally import ColumnTally, Tally

#: The stability index from which on a change matters, by convention.
MATTERS = 0.1
#: The share of false ones among the alarms, if rows are independent.
FALSE_ALARMS = 0.01
PERIODS, INDEPENDENT, TOO_FEW = "periods", "independent rows", "too few rows"


@frozen
class ColumnDrift:
    """How far a column differs from its profile.

    `ratio` is the statistic divided by its median over the reference's periods, if the rule uses periods; otherwise, `chance` is the
    probability of such a difference. `shift` is the difference of the means in standard deviations of the reference. `missing` and
    `reference_missing` are shares.
    """

    name: str
    role: str
    stability: Stability
    largest: float
    shift: float | None
    missing: float
    reference_missing: float
    ratio: float | None
    chance: float | None
    alarm: bool

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "role": self.role,
            "alarm": self.alarm,
            "psi": self.stability.index,
            "bias": self.stability.bias,
            "groups": self.stability.groups,
            "largest": self.largest,
            "shift": self.shift,
            "missing": self.missing,
            "reference_missing": self.reference_missing,
            "ratio": self.ratio,
            "chance": self.chance,
        }


@frozen
class Drift:
    """The verdict on some rows. `threshold` is the largest ratio of the reference, if the rule uses periods."""

    rule: str
    rows: int
    reference_rows: int
    threshold: float | None
    columns: tuple[ColumnDrift, ...]

    @property
    def alarms(self) -> tuple[ColumnDrift, ...]:
        return tuple(one for one in self.columns if one.alarm)

    @property
    def enough(self) -> bool:
        return self.rule != TOO_FEW

    def to_json(self) -> dict[str, Any]:
        return {
            "rule": self.rule,
            "rows": self.rows,
            "reference_rows": self.reference_rows,
            "threshold": self.threshold,
            "columns": [one.to_json() for one in self.columns],
        }


class Reference:
    """A profile that rows are compared with. What its periods show is computed once."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        by_time = profile.periods is not None and profile.periods.enough
        self._usual = [Usual.of(one) for one in profile.watched] if by_time else None

    def drift(self, tally: Tally, matters: float = MATTERS) -> Drift:
        """Compare rows with the profile."""
        compared = [_Compared(one, tally.columns[one.name]) for one in self._profile.watched]
        threshold = None
        if tally.rows < FEWEST_ROWS:
            rule, drifts = TOO_FEW, [one.drift() for one in compared]
        elif self._usual is not None:
            rule, threshold = PERIODS, max((one.largest for one in self._usual), default=0.0)
            ratios = [
                one.stability.statistic / usual.median
                for one, usual in zip(compared, self._usual, strict=True)
            ]
            drifts = [
                one.drift(ratio=ratio, alarm=ratio > threshold and one.stability.index > matters)
                for one, ratio in zip(compared, ratios, strict=True)
            ]
        else:
            rule, chances = INDEPENDENT, [one.stability.chance for one in compared]
            drifts = [
                one.drift(chance=chance, alarm=unusual and one.stability.index > matters)
                for one, chance, unusual in zip(
                    compared, chances, discoveries(chances, FALSE_ALARMS), strict=True
                )
            ]
        return Drift(rule, tally.rows, self._profile.rows, threshold, tuple(drifts))


@frozen
class Usual:
    """How much a column differs by itself: the median statistic of the periods, and the largest one divided by the median of the
    others.
    """

    median: float
    largest: float

    @staticmethod
    def of(column: ColumnProfile) -> Usual:
        import numpy as np

        periods = np.array(column.periods)
        total = column.grouped(np.array(column.counts))
        statistics = np.array([Stability.of(total - one, one).statistic for one in periods])
        # A column that never changes has 0. Independent rows have at least 1 on average.
        others = [np.median(np.delete(statistics, place)) for place in range(len(statistics))]
        return Usual(
            max(float(np.median(statistics)), 1.0), float((statistics / np.maximum(others, 1.0)).max())
        )


@frozen
class _Compared:
    """A column and the counts of other rows."""

    column: ColumnProfile
    tally: ColumnTally

    @cached_property
    def stability(self) -> Stability:
        import numpy as np

        column = self.column
        return Stability.of(column.grouped(np.array(column.counts)), column.grouped(self.tally.counts))

    def drift(
        self, *, ratio: float | None = None, chance: float | None = None, alarm: bool = False
    ) -> ColumnDrift:
        import numpy as np

        column, counts = self.column, self.tally.counts
        known = np.array(column.counts)
        assert column.bins is not None, "private columns are not watched"
        shift = None
        if column.sd and column.mean is not None and self.tally.mean is not None:
            shift = (self.tally.mean - column.mean) / column.sd
        missing, before = (float(one[-1] / max(one.sum(), 1)) for one in (counts, known))
        return ColumnDrift(
            column.name,
            column.role,
            self.stability,
            largest_difference(known[:-1], counts[:-1], column.bins.ordered),
            shift,
            missing,
            before,
            ratio,
            chance,
            alarm,
        )


def discoveries(chances: list[float], level: float) -> list[bool]:
    """Return which probabilities are so small that at most this share of them is expected to be false."""
    ordered = sorted(chances)
    limit = max(
        (one for rank, one in enumerate(ordered, 1) if one <= level * rank / len(ordered)), default=-1.0
    )
    return [one <= limit for one in chances]
