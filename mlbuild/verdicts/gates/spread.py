"""The gate `spread`: a metric is about equal in all slices."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

from mlbuild.diagnostics import Problem
from mlbuild.evaluation import student
from mlbuild.evaluation.intervals import LEVEL
from mlbuild.frozen import frozen
from mlbuild.params import Number, Text, field
from mlbuild.verdicts.gates.gate import Evidence, Found, Judged
from mlbuild.verdicts.gates.of_metric import OfMetric
from mlbuild.verdicts.gates.of_slices import called, unmeasured


@frozen
class Spread(OfMetric):
    """A metric does not differ by more than a bound between the groups of a slice, such as the values of a column.

    Groups with too few rows for a confidence interval do not count. The gate passes if the values are close enough, and
    fails if two groups differ by more than the bound and chance does not explain that. This takes into account that the
    most different of many groups differ by chance.
    """

    gate = "spread"

    slice: str = field(Text(), "Slice of the model: its name, or its columns.", examples=("carrier",))
    max_difference: float = field(Number(min=0), "Largest accepted difference between two groups.")

    @property
    def words(self) -> str:
        return f"spread {self.metric.label} by {self.slice} <= {self.max_difference:g}"

    def problems(self, about: Judged) -> Iterator[Problem]:
        yield from super().problems(about)
        yield from unmeasured(self.slice, about, ("slice",))

    def judge(self, evidence: Evidence) -> Found:
        label = self.metric.label
        groups = [one for one in evidence.slices.get(self.split, ()) if one["slice"] == self.slice]
        known = [one for one in groups if isinstance(one["metrics"][label]["interval"], list)]
        if len(known) < 2:
            return Found("inconclusive", f"{len(known)} of {len(groups)} groups have enough rows to compare")
        ordered = sorted(known, key=lambda one: float(one["metrics"][label]["value"]))
        low, high = ordered[0], ordered[-1]
        ends = [one["metrics"][label] for one in (low, high)]
        difference = ends[1]["value"] - ends[0]["value"]
        text = f"{difference:.4g} between {ends[0]['value']:.4g} ({called(low)}) and {ends[1]['value']:.4g} ({called(high)})"
        text += f", {len(known)} of {len(groups)} groups have enough rows"
        if difference <= self.max_difference:
            return Found("pass", text)
        pairs = combinations([_Known.of(one["metrics"][label], one["clusters"]) for one in ordered], 2)
        share = math.comb(len(known), 2)
        apart = max(one.certainly_below(other, share) for one, other in pairs)
        return Found("fail" if apart > self.max_difference else "inconclusive", text)


@frozen
class _Known:
    """The value of a group, how far the ends of its interval are from it, and its number of clusters."""

    value: float
    below: float
    above: float
    clusters: int

    @staticmethod
    def of(told: Mapping[str, Any], clusters: int) -> _Known:
        value, (low, high) = told["value"], told["interval"]
        return _Known(value, value - low, high - value, clusters)

    def certainly_below(self, other: _Known, pairs: int) -> float:
        """Return by how much the other value is larger at least, for an interval of one of some pairs (Bonferroni)."""
        freedom = min(self.clusters, other.clusters) - 1
        usual, strict = (student.quantile(1 - (1 - LEVEL) / 2 / count, freedom) for count in (1, pairs))
        return other.value - self.value - math.hypot(self.above, other.below) * strict / usual
