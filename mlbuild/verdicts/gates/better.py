"""The gate `better`: the model beats a constant."""

from __future__ import annotations

from typing import Literal

from mlbuild.frozen import frozen
from mlbuild.params import Choice, Number, field
from mlbuild.verdicts.gates.compared import Compared
from mlbuild.verdicts.gates.gate import Evidence, Found

_THAN = {"constant": "the constant prediction that is best on the training rows"}


@frozen
class Better(Compared):
    """A metric is better than that of a constant prediction, beyond chance."""

    gate = "better"
    compares = "constant"

    than: Literal["constant"] = field(Choice(_THAN), "What to be better than.", default="constant")
    by_: float = field(
        Number(min=0), "Smallest accepted improvement, in units of the metric.", default=0.0, key="by"
    )

    @property
    def words(self) -> str:
        return (
            f"better {self.metric.label} than constant"
            + (f" by {self.by_:g}" if self.by_ else "")
            + self.where
        )

    def judge(self, evidence: Evidence) -> Found:
        return self.decided(evidence, "constant", -self.by_, "constant")
