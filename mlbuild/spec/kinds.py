"""The kinds of values that only models have: their learner, its parameters, and lists of steps."""

from __future__ import annotations

from typing import Any

from mlbuild.frozen import frozen
from mlbuild.models import LEARNERS
from mlbuild.ops import OPS
from mlbuild.ops.op import Op
from mlbuild.params import Choice, Json, Kind, Name, TaggedUnion, summary

STEP = TaggedUnion("op", OPS, "step")
_PREPROCESSING = Name("preprocessing")


@frozen
class Steps(Kind):
    """The steps of a model's preprocessing: the name of a list of steps, or the list itself."""

    def json_schema(self) -> Json:
        forms = [_PREPROCESSING.json_schema(), {"title": "list of steps", "type": "array"}]
        return {"items": STEP.json_schema(), "anyOf": forms}

    def read(self, value: Any) -> str | tuple[Op, ...]:
        return value if isinstance(value, str) else tuple(STEP.read(item) for item in value)

    def canonical(self, value: Any) -> Any:
        return value if isinstance(value, str) else [STEP.canonical(item) for item in value]

    def phrase(self) -> str:
        return "the name of a preprocessing list, or a list of steps"

    def nested(self) -> tuple[Kind, ...]:
        return (STEP, _PREPROCESSING)


@frozen
class LearnerType(Kind):
    """The name of a learner. Its own parameters are under `params`. The schema writer adds the names, as `check` does not need them."""

    def json_schema(self) -> Json:
        return {"type": "string"}

    def choice(self) -> Choice:
        """Return the names with their descriptions. This imports all learners."""
        return Choice({type_: summary(cls) for type_, cls in LEARNERS.items()})

    def phrase(self) -> str:
        return "one of " + ", ".join(LEARNERS.names)


@frozen
class LearnerParams(Kind):
    """The parameters of the learner that the model's `type` names. The schema selects them by `type`."""

    def json_schema(self) -> Json:
        return {"type": "object"}

    def read(self, value: Any) -> dict[str, Any]:
        return dict(value)

    def phrase(self) -> str:
        return "a map of the learner's parameters"
