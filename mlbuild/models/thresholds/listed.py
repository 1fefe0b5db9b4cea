"""A threshold as it is written in a spec."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlbuild.frozen import frozen
from mlbuild.kinds import Kind
from mlbuild.models.thresholds import THRESHOLDS
from mlbuild.params import Number, TaggedUnion


@frozen
class ThresholdKind(TaggedUnion):
    """A threshold in a spec: a number, or a map with `type`."""

    @property
    def alone(self) -> Kind:
        return Number(above=0, below=1)

    def whole(self, value: Any) -> Any:
        return value if isinstance(value, Mapping) else {"type": "fixed", "value": value}


THRESHOLD = ThresholdKind("type", THRESHOLDS, "threshold", short=True)
