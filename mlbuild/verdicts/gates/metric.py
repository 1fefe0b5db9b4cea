"""The gate `metric`: a bound on the value of a metric."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from mlbuild.diagnostics import Problem
from mlbuild.evaluation.intervals import LEVEL, Estimate
from mlbuild.frozen import frozen
from mlbuild.kinds import bound_words
from mlbuild.models.metrics.metric import Metric
from mlbuild.params import Choice, Number, field
from mlbuild.verdicts.gates.gate import Evidence, Finding, Found, Judged
from mlbuild.verdicts.gates.of_slices import OfSlices

_EVIDENCE = {
    "point": "The value on these rows must be within the bounds.",
    "interval": "The whole 95% confidence interval must be within the bounds.",
}


@frozen
class MetricGate(OfSlices):
    """A metric is in a range."""

    gate = "metric"

    min: float | None = field(Number(), "Smallest accepted value.", default=None)
    max: float | None = field(Number(), "Largest accepted value.", default=None)
    evidence: Literal["point", "interval"] = field(
        Choice(_EVIDENCE), "What must be in the range.", default="point"
    )

    @property
    def words(self) -> str:
        return f"metric {self.metric.label}{bound_words(self.min, None, self.max, None)}{self.where}"

    def check(self) -> Iterator[Problem]:
        if self.min is None and self.max is None:
            yield Problem("missing-key", "the gate needs 'min' or 'max'", (), on="key")
        elif self.min is not None and self.max is not None and self.min > self.max:
            yield Problem("contradiction", f"'min' {self.min:g} is greater than 'max' {self.max:g}", ("min",))

    def problems(self, about: Judged) -> Iterator[Problem]:
        yield from super().problems(about)
        if self.evidence == "interval" and type(self.metric).influence is Metric.influence:
            message = f"'{self.metric.label}' has no confidence interval"
            yield Problem("metric-mismatch", message, ("evidence",), "use 'evidence: point'")

    def judge(self, evidence: Evidence) -> Found:
        if self.slices:
            return self.together(evidence.slices.get(self.split, ()), LEVEL, self._in_group)
        value = evidence.metrics.get(self.split, {}).get(self.metric.label)
        if value is None:
            return Found("inconclusive", f"{self.metric.label} is undefined on the {self.split} rows")
        if self.evidence == "point":
            return Found(self._finding(value, value), f"{value:.6g}")
        interval = evidence.intervals.get(self.split, {}).get(self.metric.label)
        if interval is None or isinstance(interval, str):
            return Found("inconclusive", f"{value:.6g}, but there are too few rows for an interval")
        low, high = interval
        return Found(self._finding(low, high), f"{value:.6g} [{low:.6g}, {high:.6g}]")

    def _in_group(self, group: Mapping[str, Any], level: float) -> Found | None:
        """Judge a group of a slice."""
        told = group["metrics"][self.metric.label]
        value = told["value"]
        if value is None:
            return None
        if self.evidence == "point":
            return Found(self._finding(value, value), f"{value:.6g}")
        found = (
            Estimate(value, told["error"], told["count"]).interval(self.metric, level)
            if "error" in told
            else None
        )
        if found is None:
            return None
        return Found(self._finding(found.low, found.high), f"{value:.6g} [{found.low:.6g}, {found.high:.6g}]")

    def _finding(self, low: float, high: float) -> Finding:
        """Compare an interval with the range."""
        least = float("-inf") if self.min is None else self.min
        most = float("inf") if self.max is None else self.max
        if least <= low and high <= most:
            return "pass"
        return "fail" if high < least or low > most else "inconclusive"
