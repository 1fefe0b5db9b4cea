"""The base class of gates on a metric."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from mlbuild.diagnostics import Problem
from mlbuild.frozen import frozen
from mlbuild.hints import did_you_mean, listed
from mlbuild.models.metrics.listed import METRIC_KIND
from mlbuild.models.metrics.metric import Metric
from mlbuild.params import Choice, field
from mlbuild.verdicts.gates.gate import Finding, Gate, Judged

PARTS = {"test": "the test rows", "valid": "the validation rows"}
_INCONCLUSIVE = {
    "fail": "The gate fails.",
    "pass": "The gate passes, and the report says that there are too few rows.",
}
NO_BASELINE = {
    "pass": "Without a baseline, the gate passes, and that is reported.",
    "fail": "Without a baseline, the gate fails.",
}


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
