"""The gate `churn`: how many answers differ from the baseline's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from mlbuild.diagnostics import Problem
from mlbuild.frozen import frozen
from mlbuild.params import Choice, Number, field
from mlbuild.verdicts.gates.gate import Evidence, Finding, Found, Gate, Judged
from mlbuild.verdicts.gates.of_metric import NO_BASELINE, PARTS


@frozen
class Churn(Gate):
    """The predicted class differs from that of the baseline in a limited share of the rows, no matter how good both models are."""

    gate = "churn"
    compares = "baseline"

    max: float = field(Number(min=0, below=1), "Largest accepted share of the rows.")
    split: Literal["test", "valid"] = field(Choice(PARTS), "Rows to predict.", default="test")
    no_baseline: Literal["pass", "fail"] = field(
        Choice(NO_BASELINE), "What happens if the baseline cannot predict the rows.", default="pass"
    )

    @property
    def words(self) -> str:
        return f"churn <= {self.max:g}"

    def problems(self, about: Judged) -> Iterator[Problem]:
        yield from super().problems(about)
        if about.classes == 0:
            message = "'churn' is about predicted classes, but the model predicts a number"
            yield Problem("no-effect", message, ("gate",))

    def judge(self, evidence: Evidence) -> Found:
        if evidence.missing is not None:
            return Found("no_baseline", evidence.missing)
        share = evidence.flips.get(self.split)
        if share is None:
            return Found("inconclusive", f"there are no {self.split} rows")
        return Found("pass" if share <= self.max else "fail", f"{share:.4g} of the predicted classes differ")

    def passes(self, finding: Finding) -> bool:
        return finding == "pass" or (finding == "no_baseline" and self.no_baseline == "pass")
