"""The learner `lightgbm.classifier`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from mlbuild.diagnostics import Problem
from mlbuild.models.learner import Task
from mlbuild.models.lightgbm.base import Lightgbm
from mlbuild.params import Boolean, Choice, Number, field


@dataclass(frozen=True)
class LightgbmClassifier(Lightgbm):
    """Gradient boosted trees for two or more classes."""

    type: ClassVar[str] = "lightgbm.classifier"
    discriminator = ("type", type)
    task: ClassVar[Task] = "classification"

    objective: str | None = field(
        Choice(
            {
                "binary": "log loss of two classes",
                "multiclass": "log loss of several classes, by a softmax",
                "multiclassova": "one against all others, class by class",
            }
        ),
        "What is minimised. Default: `binary` for two classes, `multiclass` for more.",
        default=None,
    )
    is_unbalance: bool = field(Boolean(), "Weigh the two classes by their rarity.", default=False)
    scale_pos_weight: float = field(Number(above=0), "The weight of positive rows.", default=1.0)
    sigmoid: float = field(Number(above=0), "The steepness of the sigmoid.", default=1.0)

    def check(self) -> Iterator[Problem]:
        yield from super().check()
        if self.is_unbalance and self.scale_pos_weight != 1:
            yield Problem(
                "without-effect",
                "'is_unbalance' and 'scale_pos_weight' exclude each other",
                ("scale_pos_weight",),
                help="keep one of the two",
                on="key",
            )
        if self.objective == "multiclass":
            yield from self.without_effect(
                "with 'objective: multiclass'", "is_unbalance", "scale_pos_weight", "sigmoid"
            )
