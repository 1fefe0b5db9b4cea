"""The language of outputs: how a model is verified, judged and shipped."""

from __future__ import annotations

from typing import Any

from mlbuild.frozen import frozen
from mlbuild.params import (
    Boolean,
    Choice,
    Described,
    Integer,
    Json,
    Kind,
    ListOf,
    Name,
    Object,
    TaggedUnion,
    field,
)
from mlbuild.verdicts.baselines import BASELINES
from mlbuild.verdicts.baselines.baseline import Baseline
from mlbuild.verdicts.gates import GATES
from mlbuild.verdicts.gates.gate import Gate

BASELINE = TaggedUnion("type", BASELINES, "baseline")
GATE = TaggedUnion("gate", GATES, "gate")


@frozen
class RowCount(Kind):
    """How many rows are compared: a number, or `all`."""

    def json_schema(self) -> Json:
        return {"anyOf": [{"enum": ["all"]}, {"title": "number of rows", "type": "integer", "minimum": 1}]}

    def read(self, value: Any) -> int | str:
        return value if value == "all" else int(value)

    def phrase(self) -> str:
        return "'all' or an integer >= 1"


@frozen
class Verify(Described):
    """How to verify the artifact against the trained pipeline."""

    rows: int | str = field(
        RowCount(),
        "Number of data rows to compare, across all splits, or `all`. Adversarial rows are always compared as well.",
        default=20_000,
    )


@frozen
class Importance(Described):
    """How to measure how much the model relies on each input."""

    rows: int = field(
        Integer(min=0),
        "Number of rows to shuffle when measuring importance: validation rows or, if there are none, test rows. 0 turns it off.",
        default=5000,
    )


IMPORTANCE = Object(Importance, Choice({False: "do not measure it"}), "rows")


@frozen
class Output(Described):
    """One exported model: `dist/NAME/model.onnx` and its reports."""

    model: str = field(Name("model"), "Model to export to `dist/NAME/model.onnx`.")
    verify: Verify = field(
        Object(Verify),
        "How to verify the artifact against the trained pipeline before it is published.",
        default=Verify(),
    )
    importance: Importance = field(
        IMPORTANCE,
        "How to measure how much the model relies on each input. `false`: it is not measured.",
        default=Importance(),
    )
    baseline: Baseline | None = field(
        BASELINE, "Model that the gates compare the output with, on the same rows.", default=None
    )
    gates: tuple[Gate, ...] = field(
        ListOf(GATE),
        "Requirements on how good the model is. If one fails, the output is not published. Each has a `gate`.",
        default=(),
    )
    report: bool = field(
        Boolean(), "Whether to write `report.html` and `MODEL_CARD.md` next to the model.", default=True
    )
