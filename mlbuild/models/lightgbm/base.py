"""What both LightGBM learners do: bin, train, predict, and write themselves as ONNX."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from mlbuild.models.learner import Learner
from mlbuild.models.lightgbm.parameters import ALIASES, REFUSED, Parameters


@dataclass(frozen=True)
class Lightgbm(Parameters, Learner):
    """A LightGBM learner."""

    aliases: ClassVar[Mapping[str, str]] = ALIASES
    refused: ClassVar[Mapping[str, str]] = REFUSED
    accepts: ClassVar[frozenset[str]] = frozenset({"null", "category", "vector"})
    libraries: ClassVar[tuple[str, ...]] = ("lightgbm",)
    iterative: ClassVar[bool] = True
