"""The learner `lightgbm.classifier`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from mlbuild.columns import ColumnType, Schema
from mlbuild.diagnostics import Problem, Rejected, data_failure
from mlbuild.frozen import frozen
from mlbuild.models.answers.classification import Classification
from mlbuild.models.lightgbm.base import Lightgbm
from mlbuild.models.lightgbm.words import ALIASES_OF_CLASSES, REFUSED_OF_CLASSES
from mlbuild.models.training import Rows
from mlbuild.params import Boolean, Choice, Number, field

if TYPE_CHECKING:
    import numpy as np

#: The LightGBM metric that improves exactly when ours does, for two classes and for more.
_WATCHED = {
    "roc_auc": "auc",
    "average_precision": "average_precision",
    "log_loss": "binary_logloss",
    "accuracy": "binary_error",
}
_WATCHED_OF_SEVERAL = {"log_loss": "multi_logloss", "accuracy": "multi_error"}


@frozen
class LightgbmClassifier(Lightgbm):
    """Gradient boosted decision trees for classification."""

    type = "lightgbm.classifier"
    answer = Classification
    aliases = {**Lightgbm.aliases, **ALIASES_OF_CLASSES}
    refused = {**Lightgbm.refused, **REFUSED_OF_CLASSES}

    objective: str | None = field(
        Choice(
            {
                "binary": "log loss for two classes",
                "multiclass": "softmax log loss for several classes",
                "multiclassova": "one-vs-all: a binary log loss for each class",
            }
        ),
        "Loss to minimize. Default: `binary` for two classes, `multiclass` for more.",
        default=None,
    )
    is_unbalance: bool = field(
        Boolean(), "For two classes: weight rows inversely to the frequency of their class.", default=False
    )
    scale_pos_weight: float = field(
        Number(above=0), "For two classes: weight of the positive class.", default=1.0
    )
    sigmoid: float = field(
        Number(above=0, max=1e6),
        "Slope of the sigmoid that turns scores into probabilities.",
        default=1.0,
    )

    @classmethod
    def watches(cls, classes: int | None) -> Mapping[str, str]:
        if classes is None:
            return {**_WATCHED, **_WATCHED_OF_SEVERAL}
        return _WATCHED if classes == 2 else _WATCHED_OF_SEVERAL

    def check(self) -> Iterator[Problem]:
        yield from super().check()
        if self.is_unbalance and self.scale_pos_weight != 1:
            yield Problem(
                "contradiction",
                "'is_unbalance' and 'scale_pos_weight' cannot be used together",
                ("scale_pos_weight",),
                help="remove one of them",
                on="key",
            )
        if self.objective == "multiclass":
            yield from self._idle("with 'objective: multiclass'")

    def _idle(self, why: str) -> Iterator[Problem]:
        return self.without_effect(why, "is_unbalance", "scale_pos_weight", "sigmoid")

    def infer(self, features: Schema, target: ColumnType) -> None:
        super().infer(features, target)
        classes = self.answer.class_count(target)
        if classes and not self._suits(classes):
            raise Rejected(Problem("contradiction", self._unsuitable(classes), ("params", "objective")))
        if classes and classes > 2 and self.objective is None:
            why = f"on a target with {classes} classes without 'objective: multiclassova'"
            self.refuse(self._idle(why))

    def check_target(self, target: np.ndarray[Any, Any] | None, classes: int) -> None:
        if not self._suits(classes):
            raise data_failure(self._unsuitable(classes))

    def _suits(self, classes: int) -> bool:
        return self.objective is None or (self.objective == "binary") == (classes == 2)

    def _unsuitable(self, classes: int) -> str:
        return f"'objective: {self.objective}' does not support a target with {classes} classes"

    def native(self, classes: int) -> dict[str, Any]:
        params = super().native(classes)
        if classes == 2:
            return params | {"objective": "binary"}
        return params | {"objective": self.objective or "multiclass", "num_class": classes}

    def mended(self, text: str) -> str:
        return re.sub(r"(?m)^(objective=.* )?sigmoid:\S+", rf"\g<1>sigmoid:{self.sigmoid!r}", text, count=1)

    def predict(self, fitted: bytes, rows: Rows, threads: int) -> np.ndarray[Any, Any]:
        import numpy as np

        scores = super().predict(fitted, rows, threads)
        return np.hstack([1.0 - scores, scores]) if scores.shape[1] == 1 else scores
