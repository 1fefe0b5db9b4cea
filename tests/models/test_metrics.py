"""Metrics have scikit-learn's values, and none where they mean nothing."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import seed as with_seed
from hypothesis import strategies as st
from sklearn import metrics as oracle

from mlbuild.models.metrics import METRICS, evaluate
from tests.budget import examples, seed

Array = np.ndarray[Any, Any]


def predicted(scores: Array) -> Array:
    return np.asarray(scores.argmax(axis=1))


CLASSES: dict[str, Callable[[Array, Array], float]] = {
    "log_loss": lambda y, p: oracle.log_loss(y, p, labels=range(p.shape[1])),
    "accuracy": lambda y, p: oracle.accuracy_score(y, predicted(p)),
    "balanced_accuracy": lambda y, p: oracle.balanced_accuracy_score(y, predicted(p)),
    "f1_macro": lambda y, p: oracle.f1_score(y, predicted(p), average="macro", zero_division=0.0),
    "roc_auc": lambda y, p: oracle.roc_auc_score(y, p[:, 1] if p.shape[1] == 2 else p, multi_class="ovr"),
}
TWO_CLASSES: dict[str, Callable[[Array, Array], float]] = {
    "average_precision": lambda y, p: oracle.average_precision_score(y, p[:, 1]),
    "f1": lambda y, p: oracle.f1_score(y, predicted(p), zero_division=0.0),
    "brier_score": lambda y, p: oracle.brier_score_loss(y, p[:, 1]),
}
NUMBERS: dict[str, Callable[[Array, Array], float]] = {
    "mean_squared_error": oracle.mean_squared_error,
    "root_mean_squared_error": oracle.root_mean_squared_error,
    "mean_absolute_error": oracle.mean_absolute_error,
    "median_absolute_error": oracle.median_absolute_error,
    "mean_absolute_percentage_error": oracle.mean_absolute_percentage_error,
    "r2": oracle.r2_score,
}


def test_every_metric_is_compared() -> None:
    assert {metric.name for metric in METRICS} == {*CLASSES, *TWO_CLASSES, *NUMBERS}


@with_seed(seed())
@settings(max_examples=examples(60, 5000), deadline=None, database=None)
@given(st.data())
def test_classes(data: st.DataObject) -> None:
    """Few distinct scores make many ties."""
    count = data.draw(st.integers(2, 4))
    rows = data.draw(st.integers(1, 30))
    target = np.array(data.draw(st.lists(st.integers(0, count - 1), min_size=rows, max_size=rows)))
    weights = st.lists(st.integers(0, 5), min_size=count, max_size=count).filter(any)
    parts = np.array(data.draw(st.lists(weights, min_size=rows, max_size=rows)), dtype=np.float64)
    scores = parts / parts.sum(axis=1, keepdims=True)
    scores[:, 0] = 1 - scores[:, 1:].sum(axis=1)
    oracles = CLASSES | (TWO_CLASSES if count == 2 else {})
    found = evaluate(list(oracles), target, scores, count)
    for name, function in oracles.items():
        undefined = (name == "roc_auc" and len(np.unique(target)) < count) or (
            name == "average_precision" and not target.any()
        )
        if undefined:
            assert found[name] is None
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = function(target, np.clip(scores, 0, 1))
        assert found[name] == pytest.approx(expected, rel=1e-9, abs=1e-12), name


@with_seed(seed())
@settings(max_examples=examples(60, 5000), deadline=None, database=None)
@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), min_size=1, max_size=30))
def test_numbers(pairs: list[tuple[float, float]]) -> None:
    target, scores = np.array(pairs).T
    found = evaluate(list(NUMBERS), target, scores.reshape(-1, 1), 0)
    for name, function in NUMBERS.items():
        if name == "r2" and ((target - target.mean()) ** 2).sum() == 0:
            assert found[name] is None
        else:
            with np.errstate(over="ignore"):  # scikit-learn divides by the smallest of targets
                expected = function(target, scores)
            told = found[name]
            assert told is None if not np.isfinite(expected) else told == pytest.approx(expected, rel=1e-9), (
                name
            )


@pytest.mark.parametrize("count", [0, 2, 3])
def test_no_row_has_no_metric(count: int) -> None:
    names = [metric.name for metric in METRICS]
    target = np.zeros(0, dtype=np.int64 if count else np.float64)
    assert evaluate(names, target, np.zeros((0, count or 1)), count) == dict.fromkeys(names)


def test_scores_that_are_no_numbers_have_no_metric() -> None:
    assert evaluate(
        ["r2", "mean_absolute_error"], np.arange(3.0), np.array([[0.0], [np.nan], [np.inf]]), 0
    ) == {
        "r2": None,
        "mean_absolute_error": None,
    }
    scores = np.array([[0.5, 0.5], [np.nan, np.nan]])
    assert evaluate(["roc_auc", "accuracy"], np.array([0, 1]), scores, 2) == {
        "roc_auc": None,
        "accuracy": None,
    }


def test_a_metric_of_two_classes_has_no_value_for_three() -> None:
    assert evaluate(["f1"], np.array([0, 1, 2]), np.eye(3), 3) == {"f1": None}
