"""Metrics with one planted fault each, which the tests must find: real ones, changed in one place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mlbuild.models.answers.classification import Classification
from mlbuild.models.answers.regression import Regression
from mlbuild.models.metrics import METRICS
from mlbuild.models.metrics.metric import Metric

Array = np.ndarray[Any, Any]
Function = Callable[[Array, Array], float | None]


def spoilt(name: str, change: Callable[[Function], Function]) -> Metric:
    """Return a metric that computes something else than the real one."""
    compute = change(METRICS.named(name)().compute)
    return differing(name, compute=lambda self, target, scores: compute(target, scores))


def differing(name: str, **members: Any) -> Metric:
    """Return a metric that has other members than the real one."""
    real = METRICS.named(name)
    spoilt: Metric = type(real.__name__, (real,), members)()
    return spoilt


def _negated(function: Function) -> Function:
    return lambda target, scores: -(function(target, scores) or 0.0)


def _unbiased(function: Function) -> Function:
    return lambda target, scores: (function(target, scores) or 0.0) * len(target) / max(len(target) - 1, 1)


def _rounded(function: Function) -> Function:
    return lambda target, scores: float(np.float32(function(target, scores) or 0.0))


def _without_the_last_row(function: Function) -> Function:
    return lambda target, scores: function(target[:-1], scores[:-1]) if len(target) > 1 else None


def _by_order(function: Function) -> Function:
    return lambda target, scores: (function(target, scores) or 0.0) + 1e-6 * float(scores[0, 0])


def _summed(function: Function) -> Function:
    return lambda target, scores: (function(target, scores) or 0.0) * len(target)


def _of_two_classes_at_least(function: Function) -> Function:
    def value(target: Array, scores: Array) -> float | None:
        return (function(target, scores) or 0.0) / (len(np.unique(target)) - 1)

    return value


def _without_the_last_class(function: Function) -> Function:
    def value(target: Array, scores: Array) -> float | None:
        others = target < scores.shape[1] - 1
        return function(target[others], scores[others]) if others.any() else None

    return value


def _in_place(function: Function) -> Function:
    def value(target: Array, scores: Array) -> float | None:
        scores[scores < 0.5] = 0.0
        return function(target, scores)

    return value


def _scores_for_the_target(function: Function) -> Function:
    return lambda target, scores: function(scores[:, 0], target[:, None])


def _certain_enough(function: Function) -> Function:
    return lambda target, scores: function(target, np.clip(scores, 1e-3, 1 - 1e-3))


def _flattering(function: Function) -> Function:
    """Round errors down, so that nearly correct predictions look perfect."""
    return lambda target, scores: max((function(target, scores) or 0.0) - 1e-3, 0.0)


class _AnyRows(Classification):
    """It scores any rows."""

    @classmethod
    def scorable(cls, target: Array, scores: Array) -> bool:
        return True


class _OneConstant(Regression):
    """It has only the mean as a constant."""

    @classmethod
    def constants(cls, target: Array, classes: int) -> Array:
        return np.array([[target.mean()]])


def _influence(name: str, change: Callable[[Array], Array]) -> Metric:
    right = METRICS.named(name)().influence

    def influence(self: Metric, target: Array, scores: Array) -> Array | None:
        found = right(target, scores)
        return None if found is None else change(found)

    return differing(name, influence=influence)


#: By what is wrong: the metric, and the test that finds it.
FAULTS: dict[str, tuple[Metric, str]] = {
    "a perfect constant is not told": (
        differing("recall", constant_is_perfect=False),
        "tells_whether_a_constant_is_perfect",
    ),
    "wrong sign": (spoilt("r2", _negated), "has_the_value_of_its_definition"),
    "divided by n - 1": (spoilt("mean_squared_error", _unbiased), "has_the_value_of_its_definition"),
    "rounded to float32": (spoilt("log_loss", _rounded), "has_the_value_of_its_definition"),
    "the last row left out": (spoilt("accuracy", _without_the_last_row), "has_the_value_of_its_definition"),
    "a class left out": (spoilt("f1_macro", _without_the_last_class), "has_the_value_of_its_definition"),
    "scores taken for the target": (
        spoilt("mean_absolute_percentage_error", _scores_for_the_target),
        "has_the_value_of_its_definition",
    ),
    "probabilities cut off": (spoilt("log_loss", _certain_enough), "is_best_for_perfect_answers"),
    "the wrong best value": (
        differing("root_mean_squared_error", best=1.0),
        "is_best_for_perfect_answers",
    ),
    "the wrong direction": (differing("roc_auc", best=0.0), "gets_worse_with_the_answers"),
    "the same for all": (
        spoilt("accuracy", lambda function: lambda target, scores: 1.0),
        "gets_worse_with_the_answers",
    ),
    "a range too narrow": (
        differing("mean_absolute_error", high=1.0),
        "stays_between_worst_and_best",
    ),
    "a range too wide": (differing("brier_score", high=2.0), "comes_close_to_its_worst"),
    "a range without an end": (differing("log_loss", high=1e300), "comes_close_to_its_worst"),
    "an end that no value reaches": (differing("r2", low=-1.0), "stays_between_worst_and_best"),
    "half of the influence": (
        _influence("average_precision", lambda found: found / 2),
        "knows_the_influence_of_each_row",
    ),
    "an influence that is not centered": (
        _influence("mean_squared_error", lambda found: found + 1.0),
        "knows_the_influence_of_each_row",
    ),
    "the influence of another row": (
        _influence("roc_auc", lambda found: found[::-1].copy()),
        "knows_the_influence_of_each_row",
    ),
    "a sum": (spoilt("brier_score", _summed), "depends_neither_on_order_nor_on_repetition"),
    "the first row counts more": (
        spoilt("median_absolute_error", _by_order),
        "depends_neither_on_order_nor_on_repetition",
    ),
    "divided by zero for one class": (
        spoilt("balanced_accuracy", _of_two_classes_at_least),
        "has_no_value_where_it_means_nothing",
    ),
    "of any number of classes": (differing("f1", classes=None), "has_the_value_of_its_definition"),
    "of whatever rows": (
        differing("accuracy", answer=_AnyRows),
        "has_no_value_where_it_means_nothing",
    ),
    "scores changed in place": (spoilt("average_precision", _in_place), "leaves_its_arguments_alone"),
    "errors rounded down": (spoilt("mean_absolute_error", _flattering), "has_the_value_of_its_definition"),
    "the wrong constant": (
        differing("mean_absolute_error", answer=_OneConstant),
        "has_its_best_constant_among_those_of_its_answer",
    ),
}
