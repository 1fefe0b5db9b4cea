"""The base classes of gates on a metric, and the decision of a gate that allows for chance."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Literal

from mlbuild.diagnostics import Problem
from mlbuild.evaluation import student
from mlbuild.evaluation.harm import IDENTICAL, TOO_FEW, Harm
from mlbuild.frozen import frozen
from mlbuild.hints import did_you_mean, listed
from mlbuild.models.metrics.listed import METRIC_KIND
from mlbuild.models.metrics.metric import Metric
from mlbuild.params import Choice, field
from mlbuild.verdicts.gates.gate import Evidence, Finding, Found, Gate, Judged

PARTS = {"test": "the test rows", "valid": "the valid rows"}
_INCONCLUSIVE = {
    "fail": "Rows that are too few to decide are a failure.",
    "pass": "Rows that are too few to decide are reported, but the gate passes.",
}
NO_BASELINE = {
    "pass": "Without a baseline, the gate passes, and that is reported.",
    "fail": "Without a baseline, the gate fails.",
}
#: The share of wrong decisions: a model that is worse by exactly the margin passes in 5 % of all cases.
CONFIDENCE = 0.95
#: How far a model must be from the margin to be decided in 80 % of all cases, in standard errors.
POWER = 0.84


@frozen
class OfMetric(Gate):
    """A gate on a metric that the model measures."""

    metric: Metric = field(
        METRIC_KIND, "Metric. It must be one that the model measures, with the same options."
    )
    split: Literal["test", "valid"] = field(Choice(PARTS), "Rows to measure the metric on.", default="test")
    inconclusive: Literal["fail", "pass"] = field(
        Choice(_INCONCLUSIVE), "What happens if there are too few rows to decide.", default="fail"
    )

    def problems(self, about: Judged) -> Iterator[Problem]:
        yield from super().problems(about)
        if self.metric.label not in about.metrics:
            names = [*about.metrics]
            near = did_you_mean(self.metric.label, names) or f"metrics of the model: {listed(names)}"
            message = f"the model does not measure the metric '{self.metric.label}'"
            yield Problem("metric-mismatch", message, ("metric",), near)
        if self.split not in about.parts:
            message = f"there are no {self.split} rows: the split of the dataset has none"
            yield Problem("no-effect", message, ("split",) if self.split != "test" else (), on="key")

    def passes(self, finding: Finding) -> bool:
        return finding == "pass" or (finding == "inconclusive" and self.inconclusive == "pass")


@frozen
class Compared(OfMetric):
    """A gate on the difference of a metric to that of another model."""

    def problems(self, about: Judged) -> Iterator[Problem]:
        yield from super().problems(about)
        if self.metric.label in about.metrics and not comparable(self.metric):
            message = (
                f"the difference of '{self.metric.label}' cannot be judged, because it has no standard error"
            )
            known = [label for label, metric in about.metrics.items() if comparable(metric)]
            yield Problem(
                "metric-mismatch",
                message,
                ("metric",),
                f"metrics that have one: {', '.join(known) or 'none'}",
            )

    def decided(self, evidence: Evidence, against: str, margin: float, called: str) -> Found:
        """Decide whether the model is worse than another one by at most `margin`, which is negative if it must be
        better.
        """
        found = evidence.harms.get(against, {}).get(self.split, {}).get(self.metric.label)
        if found is None:
            return Found("inconclusive", f"{self.metric.label} is undefined on the {self.split} rows")
        compared = f"{called} {found.theirs:.6g}, this {found.ours:.6g}"
        rows = f"{found.clusters:,} {evidence.unit}"
        if found.why == IDENTICAL:
            held = found.harm <= margin
            return Found("pass" if held else "fail", f"the predictions are those of the {called}")
        if found.error is None:
            why = "too few rows" if found.why == TOO_FEW else "no standard error"
            return Found(
                "inconclusive", f"{_harm(found.harm)}, but there are {why} to decide; {compared}, {rows}"
            )
        quantile = student.quantile(CONFIDENCE, found.clusters - 1)
        low, high = found.harm - quantile * found.error, found.harm + quantile * found.error
        ends = (low, high) if found.harm > 0 else (-high, -low)
        text = f"{_harm(found.harm)} [{ends[0]:.3g}, {ends[1]:.3g}]; {compared}, {rows}"
        if high <= margin:
            return Found("pass", text)
        if low > margin:
            return Found("fail", text)
        return Found("inconclusive", f"{text}; {_deciding(found, margin, quantile, evidence.unit)}")


def comparable(metric: Metric) -> bool:
    """Whether the difference of a metric between two models has a standard error and a direction."""
    return type(metric).influence is not Metric.influence and metric.best is not None


def _harm(harm: float) -> str:
    if harm == 0:
        return "equal"
    return f"{'worse' if harm > 0 else 'better'} by {abs(harm):.3g}"


def _deciding(found: Harm, margin: float, quantile: float, unit: str) -> str:
    """Say how many clusters would decide in 80 % of all cases if the models were equally good.

    The standard error falls with the square root of their number.
    """
    assert found.error is not None
    if not margin:
        return f"no number of {unit} decides about a margin of 0"
    needed = found.clusters * ((quantile + POWER) * found.error / abs(margin)) ** 2
    return (
        f"about {math.ceil(max(needed, found.clusters + 1)):,} {unit} would decide if both were equally good"
    )
