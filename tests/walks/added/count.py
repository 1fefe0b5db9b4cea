"""The answer `count`: a number of events."""

from __future__ import annotations

from mlbuild.frozen import frozen

from typing import TYPE_CHECKING, Any, ClassVar

from mlbuild.diagnostics import data_failure
from mlbuild.lowering.graph import Graph, Tensor
from mlbuild.models.answers.answer import Coding, ModelOutput
from mlbuild.models.answers.regression import Regression

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


@frozen
class Count(Regression):
    """Predict a number of events: their expected number, and whether at least one is more likely than none."""

    kind = "count"
    dtypes: ClassVar[tuple[str, ...]] = ("int",)
    otherwise = "derive an int from it, or use a learner for regression"
    cases = {"counts": 0}

    @classmethod
    def check_train(cls, target: Array, classes: int) -> None:
        super().check_train(target, classes)
        if bad := int((target < 0).sum()):
            raise data_failure(f"the target is negative in {bad} of {len(target)} training rows")
        if not target.any():
            raise data_failure(f"the target is 0 in all {len(target)} training rows")

    @classmethod
    def outputs(cls, coding: Coding) -> tuple[ModelOutput, ...]:
        return ModelOutput("expected", "double", "float"), ModelOutput("some", "bool")

    @classmethod
    def apply(cls, scores: Array, coding: Coding) -> dict[str, Array]:
        return {"expected": scores, "some": scores > _EVEN}

    @classmethod
    def lower(cls, graph: Graph, scores: Tensor, coding: Coding) -> dict[str, Tensor]:
        return {"expected": scores, "some": graph.call("Greater", scores, graph.constant(_EVEN))}


#: With this expected number (ln 2), no event and some events are equally likely.
_EVEN = 0.6931471805599453
