"""Intervals of metrics: what they depend on, and where there are none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mlbuild.evaluation.intervals import FEWEST, TOO_FEW, Interval, around, interval
from mlbuild.models.metrics import METRICS
from mlbuild.models.metrics.metric import Metric
from tests.budget import seed
from tests.models.metric_laws import Case, answer_for, case_of, class_counts, samples, width_of_numbers

Array = np.ndarray[Any, Any]


def drawn(metric: Metric, rows: int, chance: np.random.Generator) -> tuple[Array, Array, int]:
    """Return a coded target, scores that know something about it, and the number of classes."""
    classes = class_counts(metric)[0]
    if not classes:
        shape = (rows, width_of_numbers(answer_for(metric)))
        numbers = chance.normal(size=shape) + 5
        case = case_of(metric, numbers, numbers + chance.normal(size=shape) * 0.7)
        return case.target, case.scores, 0
    target = chance.integers(0, classes, rows)
    raw = np.eye(classes)[target] + chance.exponential(1.0, (rows, classes))
    return target, raw / raw.sum(axis=1, keepdims=True), classes


def found(metric: Metric, rows: tuple[Array, Array, int], clusters: Array | None = None) -> Interval | None:
    """Return the interval; None if there are too few rows or clusters, or if the metric has none."""
    metric = prepared(metric, rows)
    value = metric.value(*rows)
    assert value is not None
    one = interval(metric, value, *rows, metric.units(rows[0], clusters))
    assert one in (None, TOO_FEW) or isinstance(one, Interval)
    return one if isinstance(one, Interval) else None


def prepared(metric: Metric, rows: tuple[Array, Array, int]) -> Metric:
    """Return the metric for the classes 0, 1 and so on; the skill of a model that was trained on as many of each."""
    return metric.prepared(range(rows[2]), np.arange(60) % max(rows[2], 1))


SMOOTH = [
    metric
    for metric in samples()
    if metric.influence(*drawn(metric, 50, np.random.default_rng(0))[:2]) is not None
]


def test_only_metrics_that_are_not_smooth_have_no_intervals() -> None:
    assert {cls.metric for cls in METRICS} - {metric.metric for metric in SMOOTH} == {
        "median_absolute_error",
        "max_error",
        "calibration_error",
    }
    assert (
        found(
            METRICS.named("median_absolute_error")(),
            drawn(METRICS.named("median_absolute_error")(), 50, np.random.default_rng(0)),
        )
        is None
    )


@pytest.mark.parametrize("metric", SMOOTH, ids=lambda one: one.label)
def test_copies_of_a_row_are_no_more_than_the_row(metric: Metric) -> None:
    rows = drawn(metric, 120, np.random.default_rng(seed()))
    case = Case(*rows, grouped=bool(metric.grouping)).repeated(3)
    many, copies = (case.target, case.scores, case.classes), np.tile(np.arange(120), 3)
    alone, together = found(metric, rows), found(metric, many, copies)
    assert alone and together
    assert together.to_json() == pytest.approx(alone.to_json(), rel=1e-9)
    independent = found(metric, many)
    assert independent and independent.high - independent.low < (alone.high - alone.low) * 0.7


@pytest.mark.parametrize("metric", SMOOTH, ids=lambda one: one.label)
def test_an_interval_contains_the_value_and_stays_between_the_bounds(metric: Metric) -> None:
    chance = np.random.default_rng(seed())
    low, high = metric.low, metric.high
    for size in (30, 60, 200):
        rows = drawn(metric, size, chance)
        one, value = found(metric, rows), prepared(metric, rows).value(*rows)
        if one is not None:
            assert value is not None and low <= one.low <= value <= one.high <= high


def test_a_share_counts_only_its_own_rows() -> None:
    """With 12 positive rows among 400, all of them found, the recall is that of 12 rows; with 9, there are too few."""
    for positive in (12, FEWEST - 1):
        target = (np.arange(400) < positive).astype(np.int64)
        rows = (target, np.eye(2)[target], 2)
        one = found(METRICS.named("recall")(), rows)
        alone = found(METRICS.named("accuracy")(), (target[:positive], np.eye(2)[target[:positive]], 2))
        assert one == alone and (one is None) == (positive < FEWEST)
        assert found(METRICS.named("accuracy")(), rows) is not None


def test_few_clusters_or_rows_of_a_class_have_no_interval() -> None:
    rows = drawn(METRICS.named("log_loss")(), 400, np.random.default_rng(0))
    clusters = np.arange(400) % FEWEST
    assert found(METRICS.named("log_loss")(), rows, clusters) is not None
    assert found(METRICS.named("log_loss")(), rows, clusters % (FEWEST - 1)) is None
    target, scores = np.arange(400) < FEWEST, np.random.default_rng(3).random(400)
    few = (target.astype(np.int64), np.stack([1 - scores, scores], axis=1), 2)
    assert found(METRICS.named("roc_auc")(), few) is not None
    assert found(METRICS.named("roc_auc")(), (np.append(few[0][1:], 0), few[1], 2)) is None


def test_a_perfect_share_is_not_certain() -> None:
    """Wilson's interval of 69 out of 69 with the quantile of t for 68 degrees of freedom."""
    target = np.arange(69) % 2
    one = found(METRICS.named("accuracy")(), (target, np.eye(2)[target], 2))
    assert one is not None and one.to_json() == pytest.approx([0.9454, 1.0], abs=1e-4)


def test_an_interval_of_a_difference_has_the_quantile_of_its_clusters() -> None:
    """Of 25 clusters, that of t with 24 degrees of freedom is 2.0639; at 90%, it is 1.7109."""
    assert around(0.5, 0.1, 25).to_json() == pytest.approx([0.5 - 0.20639, 0.5 + 0.20639], abs=1e-5)
    assert around(0.5, 0.1, 25, 0.9).to_json() == pytest.approx([0.5 - 0.17109, 0.5 + 0.17109], abs=1e-5)


def test_an_error_is_never_below_0() -> None:
    """Nearly all predictions are right, and one is very wrong."""
    target = np.arange(100) % 2
    scores = np.clip(np.eye(2)[target], 1e-5, 1 - 1e-5)
    scores[0] = scores[0, ::-1]
    one, value = (
        found(METRICS.named("log_loss")(), (target, scores, 2)),
        METRICS.named("log_loss")().value(target, scores, 2),
    )
    assert one is not None and value is not None and 0 < one.low < value < one.high


def test_there_is_no_interval_at_a_bound_of_the_logit_scale() -> None:
    target = np.arange(60) % 2
    assert found(METRICS.named("roc_auc")(), (target, np.eye(2)[target], 2)) is None


def test_an_error_of_0_is_certain_only_if_no_row_errs() -> None:
    target = np.arange(60.0)
    one = found(METRICS.named("mean_squared_error")(), (target, target[:, None], 0))
    assert one is not None and one.to_json() == [0.0, 0.0]
    nearly = target[:, None] + (np.arange(60)[:, None] == 3)
    one = found(METRICS.named("mean_squared_error")(), (target, nearly, 0))
    assert one is not None and 0 < one.low < 1 / 60 < one.high
    skill = found(METRICS.named("r2")(), (target, nearly, 0))
    assert skill is not None and skill.low < skill.high < 1


@pytest.mark.parametrize("name", ["roc_auc", "average_precision"])
def test_the_order_of_rows_with_equal_scores_changes_no_bit(name: str) -> None:
    chance, metric = np.random.default_rng(seed()), METRICS.named(name)()
    target, share = chance.integers(0, 2, 5000), chance.integers(1, 40, 5000) / 41
    scores, order = np.stack([1 - share, share], axis=1), chance.permutation(5000)
    moved = metric.influence(target[order], scores[order])
    still = metric.influence(target, scores)
    assert moved is not None and still is not None and np.array_equal(moved, still[order])
    assert metric.value(target[order], scores[order], 2) == metric.value(target, scores, 2)
