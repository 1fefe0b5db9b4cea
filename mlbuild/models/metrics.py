"""Metrics of predictions, by scikit-learn's names and with its values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlbuild.models.answers.answer import Answer
from mlbuild.models.answers.classification import Classification
from mlbuild.models.answers.regression import Regression
from mlbuild.models.scoring import classes, numbers

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

Function = Callable[["Array", "Array"], float | None]
_INFINITE = float("inf")


@dataclass(frozen=True)
class Metric:
    """A number that tells how good answers of one kind are; `best` is its value for perfect ones, `worst` a bound.

    `function` takes the coded target and the scores, as `answer` defines them; it gives None where the metric is
    undefined on these rows. A metric with `classes` is for targets with this number of classes only.
    """

    name: str
    doc: str
    answer: type[Answer]
    function: Function
    best: float
    worst: float
    classes: int | None = None

    @property
    def greater_is_better(self) -> bool:
        return self.best > self.worst

    def applies(self, answer: type[Answer], classes: int | None = None) -> bool:
        """Whether it can be taken of such answers; `classes` is their number where it is known."""
        return issubclass(answer, self.answer) and self.suits(classes)

    def value(self, target: Array, scores: Array, classes: int) -> float | None:
        """The metric of scores beside the coded target; None where it is undefined or not a finite number."""
        import numpy as np

        if not (self.suits(classes) and self.answer.scorable(target, scores)):
            return None
        with np.errstate(all="ignore"):
            found = self.function(target, scores)
        return None if found is None or not np.isfinite(found) else float(found)

    def suits(self, classes: int | None) -> bool:
        """Whether it can be taken of a target with this many classes (None: not known)."""
        return self.classes is None or classes is None or classes == self.classes


METRICS: tuple[Metric, ...] = (
    Metric(
        "roc_auc",
        "area under the ROC curve; with several classes, the macro average of one-vs-rest",
        Classification,
        classes.roc_auc,
        best=1,
        worst=0,
    ),
    Metric(
        "average_precision",
        "average precision: area under the precision-recall curve; two classes only",
        Classification,
        classes.average_precision,
        best=1,
        worst=0,
        classes=2,
    ),
    Metric(
        "log_loss",
        "mean negative logarithm of the probability of the true class",
        Classification,
        classes.log_loss,
        best=0,
        worst=_INFINITE,
    ),
    Metric(
        "accuracy",
        "fraction of rows whose class is predicted correctly",
        Classification,
        classes.accuracy,
        best=1,
        worst=0,
    ),
    Metric(
        "balanced_accuracy",
        "mean of the recall of each class",
        Classification,
        classes.balanced_accuracy,
        best=1,
        worst=0,
    ),
    Metric(
        "f1",
        "F1 score (harmonic mean of precision and recall) of the positive class; two classes only",
        Classification,
        classes.f1,
        best=1,
        worst=0,
        classes=2,
    ),
    Metric(
        "f1_macro",
        "unweighted mean of the F1 scores of the classes",
        Classification,
        classes.f1_macro,
        best=1,
        worst=0,
    ),
    Metric(
        "brier_score",
        "mean squared error of the probability of the positive class; two classes only",
        Classification,
        classes.brier_score,
        best=0,
        worst=1,
        classes=2,
    ),
    Metric(
        "mean_squared_error",
        "mean squared error",
        Regression,
        numbers.mean_squared_error,
        best=0,
        worst=_INFINITE,
    ),
    Metric(
        "root_mean_squared_error",
        "square root of the mean squared error",
        Regression,
        numbers.root_mean_squared_error,
        best=0,
        worst=_INFINITE,
    ),
    Metric(
        "mean_absolute_error",
        "mean absolute error",
        Regression,
        numbers.mean_absolute_error,
        best=0,
        worst=_INFINITE,
    ),
    Metric(
        "median_absolute_error",
        "median absolute error",
        Regression,
        numbers.median_absolute_error,
        best=0,
        worst=_INFINITE,
    ),
    Metric(
        "mean_absolute_percentage_error",
        "mean of the absolute errors relative to the target",
        Regression,
        numbers.mean_absolute_percentage_error,
        best=0,
        worst=_INFINITE,
    ),
    Metric(
        "r2",
        "coefficient of determination: fraction of the variance of the target that is explained",
        Regression,
        numbers.r2,
        best=1,
        worst=-_INFINITE,
    ),
)

METRIC = {metric.name: metric for metric in METRICS}


def evaluate(names: Sequence[str], target: Array, scores: Array, classes: int) -> dict[str, float | None]:
    """The metrics named, in that order; `target` is coded, with this number of classes, `scores` are a learner's."""
    return {name: METRIC[name].value(target, scores, classes) for name in names}
