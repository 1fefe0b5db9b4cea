"""Paired differences of metrics: their direction, when chance explains them, and when there are too few rows."""

from __future__ import annotations

import numpy as np
import pytest

from mlbuild.evaluation.differences import Difference, difference
from mlbuild.evaluation.intervals import FEWEST
from mlbuild.models.metrics import METRICS
from mlbuild.models.metrics.metric import Metric
from tests.budget import examples, seed
from tests.evaluation.test_intervals import SMOOTH, Array, drawn, prepared


def named(name: str) -> Metric:
    return next(cls for cls in METRICS if cls.metric == name)()


def pair(metric: Metric, rows: int, chance: np.random.Generator) -> tuple[Array, Array, Array, int]:
    """Return a target, the scores of two models that err alike, and the number of classes."""
    target, one, classes = drawn(metric, rows, chance)
    if not classes:
        return target, one, one + chance.normal(size=one.shape) * 0.2, 0
    other = one * np.exp(chance.normal(size=one.shape) * 0.3)
    return target, one, other / other.sum(axis=1, keepdims=True), classes


def found(metric: Metric, rows: tuple[Array, Array, Array, int], clusters: Array | None = None) -> Difference:
    apart = difference(prepared(metric, (rows[0], rows[1], rows[3])), *rows, clusters)
    assert apart
    return apart


@pytest.mark.parametrize("metric", SMOOTH, ids=lambda one: one.label)
def test_a_difference_has_a_direction(metric: Metric) -> None:
    target, one, other, classes = pair(metric, 300, np.random.default_rng(3))
    forth, back = (found(metric, (target, *both, classes)) for both in ((one, other), (other, one)))
    assert forth.value == -back.value and forth.interval and back.interval
    assert forth.interval == (-back.interval[1], -back.interval[0])
    ready = prepared(metric, (target, one, classes))
    first, second = ready.value(target, one, classes), ready.value(target, other, classes)
    assert first is not None and second is not None
    assert forth.value == pytest.approx(second - first)
    same = found(metric, (target, one, one.copy(), classes))
    assert (same.value, same.interval, same.beyond_chance) == (0.0, (0.0, 0.0), False)


def test_chance_is_rarely_taken_for_more_and_clusters_matter() -> None:
    """The predictions of two models are swapped for whole clusters at random, so there is no difference."""
    metric, chance = named("log_loss"), np.random.default_rng(seed())
    rounds, alone, clustered = examples(200, 2000), 0, 0
    for _ in range(rounds):
        target = chance.integers(0, 2, 400)
        clusters = np.arange(400) // 20
        one = 0.3 + 0.4 * chance.random(20)[clusters]
        two = 0.3 + 0.4 * chance.random(20)[clusters]
        swapped = (chance.random(20) < 0.5)[clusters]
        first, second = np.where(swapped, two, one), np.where(swapped, one, two)
        scores = [np.column_stack([1 - some, some]) for some in (first, second)]
        rows = (target, scores[0], scores[1], 2)
        alone += found(metric, rows).beyond_chance
        clustered += found(metric, rows, clusters).beyond_chance
    assert clustered / rounds < 0.11
    assert alone >= clustered


@pytest.mark.parametrize("differing", [FEWEST - 1, FEWEST])
def test_too_few_rows_that_differ_have_no_interval(differing: int) -> None:
    target = np.arange(200) % 2
    one = np.column_stack([target == 0, target == 1]).astype(float)
    other = one.copy()
    other[:differing] = 1 - other[:differing]
    apart = found(named("accuracy"), (target, one, other, 2))
    assert apart.value == pytest.approx(-differing / 200)
    assert (apart.interval is None) == (differing < FEWEST)
    few = np.arange(200) % (FEWEST - 1)
    assert found(named("log_loss"), (target, one * 0.8 + 0.1, other * 0.8 + 0.1, 2), few).interval is None


def test_a_metric_without_influences_has_no_interval() -> None:
    rows = pair(named("median_absolute_error"), 100, np.random.default_rng(0))
    assert found(named("median_absolute_error"), rows).interval is None
    none = (rows[0][:0], rows[1][:0], rows[2][:0], 0)
    assert difference(named("median_absolute_error"), *none, None) is None
