"""Metrics of predictions, by scikit-learn's names and with its values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from mlbuild.models.learner import Task
from mlbuild.models.scoring import classification, regression

if TYPE_CHECKING:
    import numpy as np

#: What a metric can be taken of; a classification is binary or multiclass by its number of classes.
Setting = Literal["binary", "multiclass", "regression"]
Function = Callable[["np.ndarray[Any, Any]", "np.ndarray[Any, Any]"], float | None]


def setting_of(classes: int) -> Setting:
    """The setting of a model with this many classes; 0 is a regression."""
    if classes == 0:
        return "regression"
    return "binary" if classes == 2 else "multiclass"


@dataclass(frozen=True)
class Metric:
    """A number that tells how good predictions are.

    `function` takes the target (class indices, or float64 [N]) and the scores (float64 [N, classes], or [N]); it
    gives None where the metric is undefined on these rows. `watched` names, by setting, LightGBM's metric that
    improves when this one does, for early stopping.
    """

    name: str
    doc: str
    settings: frozenset[Setting]
    greater_is_better: bool
    function: Function
    watched: Mapping[Setting, str] = field(default_factory=dict)

    @property
    def task(self) -> Task:
        return "regression" if "regression" in self.settings else "classification"

    def applies(self, task: Task, classes: int | None = None) -> bool:
        """Whether it can be taken of a model for `task`; `classes` is their number where it is known."""
        known = classes is not None and task == "classification"
        return setting_of(classes or 0) in self.settings if known else self.task == task

    def watchable(self, task: Task, classes: int | None = None) -> bool:
        """Whether training can watch it, so that early stopping can name it."""
        if task == "classification" and classes is not None:
            return setting_of(classes) in self.watched
        return self.task == task and bool(self.watched)


_BINARY: frozenset[Setting] = frozenset({"binary"})
_CLASSES: frozenset[Setting] = frozenset({"binary", "multiclass"})
_NUMBERS: frozenset[Setting] = frozenset({"regression"})

METRICS = (
    Metric(
        "roc_auc",
        "area under the ROC curve; with several classes the mean over one class against the rest",
        _CLASSES,
        True,
        classification.roc_auc,
        {"binary": "auc"},
    ),
    Metric(
        "average_precision",
        "area under the precision-recall curve, as a sum of steps; two classes",
        _BINARY,
        True,
        classification.average_precision,
        {"binary": "average_precision"},
    ),
    Metric(
        "log_loss",
        "mean negative logarithm of the probability of the true class",
        _CLASSES,
        False,
        classification.log_loss,
        {"binary": "binary_logloss", "multiclass": "multi_logloss"},
    ),
    Metric(
        "accuracy",
        "share of rows whose class is predicted",
        _CLASSES,
        True,
        classification.accuracy,
        {"binary": "binary_error", "multiclass": "multi_error"},
    ),
    Metric(
        "balanced_accuracy",
        "mean over classes of the share of its rows that are predicted",
        _CLASSES,
        True,
        classification.balanced_accuracy,
    ),
    Metric(
        "f1",
        "harmonic mean of precision and recall of the positive class; two classes",
        _BINARY,
        True,
        classification.f1,
    ),
    Metric(
        "f1_macro",
        "mean over classes of the harmonic mean of precision and recall",
        _CLASSES,
        True,
        classification.f1_macro,
    ),
    Metric(
        "brier_score",
        "mean squared error of the probability of the positive class; two classes",
        _BINARY,
        False,
        classification.brier_score,
    ),
    Metric(
        "mean_squared_error",
        "mean squared error",
        _NUMBERS,
        False,
        regression.mean_squared_error,
        {"regression": "l2"},
    ),
    Metric(
        "root_mean_squared_error",
        "square root of the mean squared error",
        _NUMBERS,
        False,
        regression.root_mean_squared_error,
        {"regression": "rmse"},
    ),
    Metric(
        "mean_absolute_error",
        "mean absolute error",
        _NUMBERS,
        False,
        regression.mean_absolute_error,
        {"regression": "l1"},
    ),
    Metric(
        "median_absolute_error",
        "median absolute error",
        _NUMBERS,
        False,
        regression.median_absolute_error,
    ),
    Metric(
        "mean_absolute_percentage_error",
        "mean of absolute errors, each relative to its target",
        _NUMBERS,
        False,
        regression.mean_absolute_percentage_error,
    ),
    Metric(
        "r2",
        "share of the target's variance that is explained",
        _NUMBERS,
        True,
        regression.r2,
        {"regression": "l2"},
    ),
)

METRIC = {metric.name: metric for metric in METRICS}


def defaults(task: Task, classes: int | None = None) -> tuple[str, ...]:
    """What is measured where the spec names no metrics; `classes` is their number where it is known."""
    if task == "regression":
        return ("root_mean_squared_error", "mean_absolute_error", "r2")
    if classes is None:
        return ("log_loss", "accuracy")
    return ("roc_auc", "log_loss", "accuracy") if classes == 2 else ("log_loss", "accuracy", "f1_macro")


def evaluate(
    names: Sequence[str], target: np.ndarray[Any, Any], scores: np.ndarray[Any, Any], classes: int
) -> dict[str, float | None]:
    """The metrics named, in that order; None where one is undefined on these rows or not a finite number.

    `scores` are what a learner predicts: [N, classes], or [N, 1] for a regression (`classes` 0). With a NaN
    among them no metric is defined.
    """
    import numpy as np

    scores = scores if classes else scores[:, 0]
    sound = len(target) > 0 and not np.isnan(scores).any()
    found: dict[str, float | None] = {}
    with np.errstate(all="ignore"):
        for name in names:
            applies = sound and setting_of(classes) in METRIC[name].settings
            value = METRIC[name].function(target, scores) if applies else None
            found[name] = float(value) if value is not None and np.isfinite(value) else None
    return found
