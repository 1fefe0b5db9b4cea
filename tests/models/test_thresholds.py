"""Thresholds are the best of all possible ones, and no row is so close to one that the artifact could differ."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mlbuild.diagnostics import Failed
from mlbuild.models.metrics import METRICS
from mlbuild.models.thresholds import THRESHOLDS
from mlbuild.models.thresholds.best import OF_COUNTS
from mlbuild.models.thresholds.listed import THRESHOLD
from mlbuild.models.thresholds.threshold import Candidates
from tests.budget import examples, seed

Array = np.ndarray[Any, Any]
WRITTEN = (
    0.3,
    *({"type": "best", "metric": name} for name in OF_COUNTS),
    *({"type": "at_least", "metric": name, "value": 0.7} for name in ("precision", "recall")),
    {"type": "cost", "false_positive": 1, "false_negative": 3},
    {"type": "cost", "false_positive": 0, "false_negative": 0},
)


def drawn(chance: np.random.Generator) -> tuple[Array, Array]:
    """Return rows of both classes, with many ties or none, and with probabilities 0 and 1."""
    rows = int(chance.integers(4, 80))
    target = chance.permutation(np.arange(rows) % 2 if rows % 3 else (np.arange(rows) < 2).astype(np.int64))
    share = np.clip(chance.normal(0.3 + 0.2 * target, 0.3), 0, 1)
    return target.astype(np.int64), share.round(1) if rows % 2 else share


def every_threshold(probability: Array) -> list[float]:
    distinct = np.unique(probability)
    return [-1.0, *((distinct[1:] + distinct[:-1]) / 2).tolist(), 2.0]


def measured(name: str, target: Array, probability: Array, threshold: float) -> float:
    metric = METRICS.named(name)().deciding(threshold)
    value = metric.value(target, np.stack([1 - probability, probability], axis=1), 2)
    return -np.inf if value is None else value


def test_every_type_is_tried() -> None:
    assert {type(THRESHOLD.read(one)) for one in WRITTEN} == {*THRESHOLDS}


@pytest.mark.parametrize("written", WRITTEN, ids=str)
def test_no_row_is_close_to_the_threshold(written: Any) -> None:
    chance, threshold = np.random.default_rng(seed()), THRESHOLD.read(written)
    for _ in range(examples(100, 3000)):
        target, probability = drawn(chance)
        try:
            found = threshold.choose(target, probability)
        except Failed:
            continue
        assert not threshold.chosen or abs(probability - found).min() > 1e-10
        copies = np.arange(len(target)).repeat(2)
        order = chance.permutation(len(target))
        assert found == threshold.choose(target[order], probability[order])
        assert found == threshold.choose(target[copies], probability[copies])


@pytest.mark.parametrize("name", OF_COUNTS)
def test_the_best_threshold_has_the_best_value_of_the_metric(name: str) -> None:
    chance, threshold = np.random.default_rng(seed()), THRESHOLD.read({"type": "best", "metric": name})
    for _ in range(examples(60, 2000)):
        target, probability = drawn(chance)
        best = max(measured(name, target, probability, one) for one in every_threshold(probability))
        assert measured(name, target, probability, threshold.choose(target, probability)) == pytest.approx(
            best
        )
        candidates = Candidates.of(target, probability)
        values = OF_COUNTS[name](candidates)
        for place in range(len(values)):
            wanted = measured(name, target, probability, candidates.at(place))
            assert wanted == -np.inf or values[place] == pytest.approx(wanted, abs=1e-12)


def test_the_cost_is_the_lowest() -> None:
    chance, threshold = np.random.default_rng(seed()), THRESHOLD.read(WRITTEN[-2])
    for _ in range(examples(60, 2000)):
        target, probability = drawn(chance)

        def cost(at: float, target: Array = target, probability: Array = probability) -> int:
            told = probability >= at
            return int((told & (target == 0)).sum() + 3 * (~told & (target == 1)).sum())

        assert cost(threshold.choose(target, probability)) == min(map(cost, every_threshold(probability)))


@pytest.mark.parametrize(("name", "other"), [("precision", "recall"), ("recall", "precision")])
def test_a_metric_is_at_least_what_is_asked_and_the_other_as_high_as_possible(name: str, other: str) -> None:
    chance, refused = np.random.default_rng(seed()), 0
    threshold = THRESHOLD.read({"type": "at_least", "metric": name, "value": 0.7})
    for _ in range(examples(100, 2000)):
        target, probability = drawn(chance)
        able = [
            one for one in every_threshold(probability) if measured(name, target, probability, one) >= 0.7
        ]
        try:
            found = threshold.choose(target, probability)
        except Failed as failed:
            refused += 1
            assert not able and failed.failure.kind == "data"
            continue
        assert measured(name, target, probability, found) >= 0.7
        if name == "precision":
            best = max(measured(other, target, probability, one) for one in able)
            assert measured(other, target, probability, found) == pytest.approx(best)
        else:
            assert (
                found >= max(able) - 1e-9 or (probability >= found).sum() == (probability >= max(able)).sum()
            )
    assert refused or name == "recall"
