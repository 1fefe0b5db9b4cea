"""The gate `no_worse`: the model is not worse than the baseline by more than a margin."""

from __future__ import annotations

from typing import Literal

from mlbuild.frozen import frozen
from mlbuild.params import Choice, Number, field
from mlbuild.verdicts.gates.compared import Compared
from mlbuild.verdicts.gates.gate import Evidence, Finding, Found
from mlbuild.verdicts.gates.of_metric import NO_BASELINE


@frozen
class NoWorse(Compared):
    """A metric is not worse than that of the baseline by more than a margin, on the same rows.

    The test of non-inferiority has a level of 5%: the gate passes if even the upper end of the interval of the harm is
    within the margin, and fails if even the lower end is beyond it.
    """

    gate = "no_worse"
    compares = "baseline"

    margin: float = field(Number(min=0), "Largest accepted harm, in units of the metric.")
    no_baseline: Literal["pass", "fail"] = field(
        Choice(NO_BASELINE), "What happens if the baseline cannot predict the rows.", default="pass"
    )

    @property
    def words(self) -> str:
        return f"no_worse {self.metric.label}, margin {self.margin:g}{self.where}"

    def judge(self, evidence: Evidence) -> Found:
        if evidence.missing is not None:
            return Found("no_baseline", evidence.missing)
        return self.decided(evidence, "baseline", self.margin, "baseline")

    def passes(self, finding: Finding) -> bool:
        return super().passes(finding) or (finding == "no_baseline" and self.no_baseline == "pass")
