"""The base class of gates on a difference to another model, and how they allow for chance."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from mlbuild.diagnostics import Problem
from mlbuild.evaluation import student
from mlbuild.evaluation.harm import IDENTICAL, TOO_FEW, Harm
from mlbuild.frozen import frozen
from mlbuild.verdicts.gates.gate import Evidence, Found, Judged
from mlbuild.verdicts.gates.of_slices import OfSlices

#: The share of right decisions: a model that is worse by exactly the margin passes in 5 % of all cases.
CONFIDENCE = 0.95
#: How far a model must be from the margin to be decided in 80 % of all cases, in standard errors.
POWER = 0.84


@frozen
class Compared(OfSlices):
    """A gate on the difference of a metric to that of another model."""

    def problems(self, about: Judged) -> Iterator[Problem]:
        yield from super().problems(about)
        if self.metric.label in about.metrics and not self.metric.is_comparable:
            message = (
                f"the difference of '{self.metric.label}' cannot be judged, because it has no standard error"
            )
            known = [label for label, metric in about.metrics.items() if metric.is_comparable]
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
        if self.slices:
            groups = evidence.slice_harms.get(against, {}).get(self.split, ())

            def decide(group: Mapping[str, Any], confidence: float) -> Found | None:
                own: Harm | None = group["harms"][self.metric.label]
                if own is None or (own.error is None and own.why != IDENTICAL):
                    return None
                return _judged(own, margin, called, evidence.unit, confidence)

            return self.together(groups, CONFIDENCE, decide)
        found = evidence.harms.get(against, {}).get(self.split, {}).get(self.metric.label)
        if found is None:
            return Found("inconclusive", f"{self.metric.label} is undefined on the {self.split} rows")
        return _judged(found, margin, called, evidence.unit, CONFIDENCE)


def _judged(found: Harm, margin: float, called: str, unit: str, confidence: float) -> Found:
    compared = f"{called} {found.theirs:.6g}, this {found.ours:.6g}"
    rows = f"{found.clusters:,} {unit}"
    if found.why == IDENTICAL:
        held = found.harm <= margin
        return Found("pass" if held else "fail", f"the predictions are those of the {called}")
    if found.error is None:
        why = "too few rows" if found.why == TOO_FEW else "no standard error"
        return Found(
            "inconclusive", f"{_harm(found.harm)}, but there are {why} to decide; {compared}, {rows}"
        )
    quantile = student.quantile(confidence, found.clusters - 1)
    low, high = found.harm - quantile * found.error, found.harm + quantile * found.error
    ends = (low, high) if found.harm > 0 else (-high, -low)
    text = f"{_harm(found.harm)} [{ends[0]:.3g}, {ends[1]:.3g}]; {compared}, {rows}"
    if high <= margin:
        return Found("pass", text)
    if low > margin:
        return Found("fail", text)
    return Found("inconclusive", f"{text}; {_deciding(found, margin, quantile, unit)}")


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
