"""Intervals contain the true value as often as they say: for every metric, in rows and in clusters of rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest

from mlbuild.evaluation.differences import difference
from mlbuild.evaluation.intervals import Interval, interval
from mlbuild.models.metrics import METRICS
from mlbuild.models.metrics.metric import Metric
from tests.budget import examples, seed, tell
from tests.evaluation.test_intervals import SMOOTH, Array, found, prepared
from tests.models.metric_laws import answer_for, case_of, class_counts, width_of_numbers

#: How many rows the true value is computed from. Each is in a cluster of its own.
_POPULATION = 400_000
#: The number of clusters, and of the rows in each.
CELLS: dict[str, tuple[int, int]] = {
    "50 rows": (50, 1),
    "200 rows": (200, 1),
    "1,000 rows": (1000, 1),
    "10 clusters": (10, 20),
    "20 clusters": (20, 20),
    "60 clusters": (60, 10),
}

Rows = tuple[Array, Array, Array, int, Array | None]


def drawn(metric: Metric, clusters: int, size: int, chance: np.random.Generator) -> Rows:
    """Return a coded target, the scores of two models, the number of classes, and the clusters.

    Rows of a cluster have a part of their errors in common.
    """
    classes, count = class_counts(metric)[0], clusters * size
    of = np.arange(count) // size
    if not classes:
        width = width_of_numbers(answer_for(metric))
        known, errors = chance.normal(size=(count, width)), chance.normal(size=(count, width))
        numbers = 8 + known + 0.5 * chance.normal(size=(clusters, width))[of] + 0.8 * errors
        scores = (8 + known, 8 + 0.8 * known + 0.2 * chance.normal(size=(count, width)))
        target = case_of(metric, numbers, scores[0]).target
    else:
        odds = 1.3 * chance.normal(size=(count, classes)) + 0.5 * (np.arange(classes) == 0)
        real = odds + 0.6 * chance.normal(size=(clusters, classes))[of]
        target = (softmax(real).cumsum(axis=1) < chance.random((count, 1))).sum(axis=1)
        scores = (softmax(odds), softmax(odds + 0.5 * chance.normal(size=odds.shape)))
    return target, *scores, classes, of if size > 1 else None


def softmax(odds: Array) -> Array:
    powers = np.exp(odds)
    shares: Array = powers / powers.sum(axis=1, keepdims=True)
    return shares


@cache
def true(metric: Metric, classes: int) -> tuple[float, float]:
    """Return the value of the metric for both models."""
    target, one, other, _, _ = drawn(metric, examples(50_000, _POPULATION), 1, np.random.default_rng(99))
    values = [prepared(metric, (target, some, classes)).value(target, some, classes) for some in (one, other)]
    assert values[0] is not None and values[1] is not None
    return values[0], values[1]


@pytest.mark.parametrize("cell", CELLS)
def test_the_true_value_is_in_the_interval_as_often_as_promised(cell: str) -> None:
    chance, count = np.random.default_rng(seed()), examples(15, 2000)
    values, differences = Counted(), Counted()
    for metric in SMOOTH:
        classes = class_counts(metric)[0]
        one_true, other_true = true(metric, classes)
        for _ in range(count):
            target, one, other, _, clusters = drawn(metric, *CELLS[cell], chance)
            ready = prepared(metric, (target, one, classes))
            value = ready.value(target, one, classes)
            found = (
                None
                if value is None
                else interval(ready, value, target, one, classes, ready.units(target, clusters))
            )
            if isinstance(found, Interval):
                assert value is not None and metric.low <= found.low <= value <= found.high <= metric.high
                assert found.low < found.high, "some rows are predicted better than others"
                values.add(metric, found.low, one_true, found.high)
            apart = difference(ready, target, one, other, classes, ready.units(target, clusters))
            if apart is not None and apart.interval is not None:
                differences.add(metric, apart.interval[0], other_true - one_true, apart.interval[1])
    for what, counted in (("values", values), ("differences", differences)):
        shares = counted.shares(count)
        ends = sorted(shares, key=shares.__getitem__)
        text = ", ".join(f"{shares[label]:.3f} ({label})" for label in (ends[0], ends[-1]))
        tell(f"{cell}, {what}: {counted.all:.3f} of {sum(counted.of.values()):,}; lowest, highest: {text}")
        assert examples(0.9, 0.93) <= counted.all <= examples(0.98, 0.97)
        assert examples(True, shares[ends[0]] >= 0.9 and shares[ends[-1]] <= 0.98)


class Counted:
    """How often intervals contain the true value, by the label of the metric."""

    def __init__(self) -> None:
        self.inside, self.of = Counter[str](), Counter[str]()

    def add(self, metric: Metric, low: float, true: float, high: float) -> None:
        self.of[metric.label] += 1
        self.inside[metric.label] += low <= true <= high

    @property
    def all(self) -> float:
        return self.inside.total() / self.of.total()

    def shares(self, count: int) -> dict[str, float]:
        """Return the shares of the metrics that have an interval for most of so many rows."""
        return {label: self.inside[label] / of for label, of in self.of.items() if of >= count / 2}


Draw = Callable[[np.random.Generator], tuple[Array, Array, Array | None]]


def normal_scores(rows: int, shift: float) -> Draw:
    """A fifth of the rows is positive, with scores that are higher by so many standard deviations."""

    def draw(chance: np.random.Generator) -> tuple[Array, Array, None]:
        target = (np.arange(rows) < rows // 5).astype(np.int64)
        share = 1 / (1 + np.exp(-(chance.normal(size=rows) + shift * target)))
        return target, np.stack([1 - share, share], axis=1), None

    return draw


def rare_errors(rows: int) -> Draw:
    """One of 50 predictions is wrong."""

    def draw(chance: np.random.Generator) -> tuple[Array, Array, None]:
        target = chance.integers(0, 2, rows)
        told = np.where(chance.random(rows) < 0.02, 1 - target, target)
        return target, np.eye(2)[told], None

    return draw


def alike_in_clusters(chance: np.random.Generator) -> tuple[Array, Array, Array | None]:
    clusters = np.arange(600) // 20
    errors = chance.normal(size=30)[clusters] * 0.65 + chance.normal(size=600)
    return errors + 3, np.full((600, 1), 3.0), clusters


#: Rows that are difficult: how they are drawn, the metric, its classes, and its true value.
COVERED: dict[str, tuple[Draw, str, int, float]] = {
    "an AUC of 0.8 of 50 rows": (normal_scores(50, 1.19), "roc_auc", 2, 0.8),
    "an AUC of 0.95 of 50 rows": (normal_scores(50, 2.326), "roc_auc", 2, 0.95),
    "an AUC of 0.95 of 200 rows": (normal_scores(200, 2.326), "roc_auc", 2, 0.95),
    "an accuracy of 98 % of 30 rows": (rare_errors(30), "accuracy", 2, 0.98),
    "an accuracy of 98 % of 100 rows": (rare_errors(100), "accuracy", 2, 0.98),
    "squared errors in 30 clusters": (alike_in_clusters, "mean_squared_error", 0, 1.4225),
}


@pytest.mark.parametrize("name", COVERED)
def test_difficult_intervals_are_covered(name: str) -> None:
    draw, metric, classes, true = COVERED[name]
    chance, hits, known = np.random.default_rng(seed()), 0, 0
    for _ in range(examples(200, 5000)):
        target, scores, clusters = draw(chance)
        one = found(METRICS.named(metric)(), (target, scores, classes), clusters)
        known += one is not None
        hits += one is not None and one.low <= true <= one.high
    tell(f"{name}: {hits / known:.3f} of {known} intervals contain the true value")
    assert hits / known >= 0.9
