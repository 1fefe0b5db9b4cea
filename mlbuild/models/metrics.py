"""Metrics of predictions, with scikit-learn's names and values."""

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
    """A measure of the quality of one kind of answer. `best` is its value for perfect predictions, `worst` a bound.

    `function` takes the coded target and the scores, as `answer` defines them. It returns None if the metric is
    undefined on these rows. A metric with `classes` is only for targets with this number of classes.
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
        """Whether the metric can be computed for such answers; `classes` is their number, if it is known."""
        return issubclass(answer, self.answer) and self.suits(classes)

    def value(self, target: Array, scores: Array, classes: int) -> float | None:
        """Compute the metric for scores and the coded target. None if it is undefined or not finite."""
        import numpy as np

        if not (self.suits(classes) and self.answer.scorable(target, scores)):
            return None
        with np.errstate(all="ignore"):
            found = self.function(target, scores)
        return None if found is None or not np.isfinite(found) else float(found)

    def suits(self, classes: int | None) -> bool:
        """Whether the metric can be computed for a target with this number of classes (None: not known)."""
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
    """Compute the named metrics, in that order, for a coded target with this number of classes and the scores of a
    learner.
    """
    return {name: METRIC[name].value(target, scores, classes) for name in names}
