"""Curves for reports: they are those of scikit-learn, of limited size and rounded."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from sklearn import metrics as scikit_learn

from mlbuild.evaluation.curves import POINTS, curves
from mlbuild.evaluation.rows import Rows
from mlbuild.models.metrics.calibration import GROUPS
from tests.budget import seed

Array = np.ndarray[Any, Any]


def binary(rows: int, clusters: int | None = None, digits: int = 9) -> Rows:
    chance = np.random.default_rng(seed())
    target = (chance.random(rows) < 0.3).astype(np.int64)
    share = (1 / (1 + np.exp(-(chance.normal(size=rows) + 1.5 * target - 1)))).round(digits)
    of = np.arange(rows) % clusters if clusters else None
    return Rows(target, np.stack([1 - share, share], axis=1), 2, of)


@pytest.mark.parametrize(("rows", "digits"), [(150, 9), (5000, 9), (5000, 1)])
def test_the_curves_are_those_of_scikit_learn(rows: int, digits: int) -> None:
    one = binary(rows, digits=digits)
    found, share = curves(one, None), one.scores[:, 1]
    roc = found["roc"]
    area = scikit_learn.auc(roc["false_positive_rate"], roc["true_positive_rate"])
    assert area == pytest.approx(scikit_learn.roc_auc_score(one.target, share), abs=1e-3)
    false, true, _ = scikit_learn.roc_curve(one.target, share, drop_intermediate=False)
    exact = {(float(f"{x:.6g}"), float(f"{y:.6g}")) for x, y in zip(false, true, strict=True)}
    assert {*zip(roc["false_positive_rate"], roc["true_positive_rate"], strict=True)} <= exact
    assert (roc["false_positive_rate"][0], roc["true_positive_rate"][-1]) == (0, 1)
    told = found["thresholds"]
    for place in range(0, len(told["threshold"]), 7):
        at = share >= told["threshold"][place]
        assert told["false_positives"][place] == (at & (one.target == 0)).sum()
        assert told["false_negatives"][place] == (~at & (one.target == 1)).sum()
        precision = found["precision_recall"]["precision"][place]
        assert precision == pytest.approx(one.target[at].mean() if at.any() else 1, rel=1e-5)


@pytest.mark.parametrize("threshold", [None, 0.2])
def test_the_confusion_is_that_of_the_predictions(threshold: float | None) -> None:
    one = binary(500)
    told = one.scores.argmax(axis=1) if threshold is None else one.scores[:, 1] >= threshold
    assert curves(one, threshold)["confusion"] == scikit_learn.confusion_matrix(one.target, told).tolist()
    chance = np.random.default_rng(seed())
    target, scores = chance.integers(0, 4, 200), chance.dirichlet(np.ones(4), 200)
    many = curves(Rows(target, scores, 4, None), None)
    assert {*many} == {"confusion"}
    assert many["confusion"] == scikit_learn.confusion_matrix(target, scores.argmax(axis=1)).tolist()


def test_calibration_has_groups_of_equal_size_with_intervals() -> None:
    one = binary(3000, 60)
    groups = curves(one, None)["calibration"]
    assert len(groups) == GROUPS and sum(group["rows"] for group in groups) == 3000
    assert max(group["rows"] for group in groups) - min(group["rows"] for group in groups) <= 2
    for group in groups:
        low, high = group["interval"]
        assert (
            group["low"] <= group["predicted"] <= group["high"] and 0 <= low <= group["observed"] <= high <= 1
        )
    assert {group["interval"] for group in curves(binary(60), None)["calibration"]} == {"too few"}


def test_residuals_are_counted_and_described_by_prediction() -> None:
    chance = np.random.default_rng(seed())
    predicted = chance.normal(size=2000) * 10
    target = predicted + chance.normal(size=2000) * (1 + abs(predicted))
    found = curves(Rows(target, predicted[:, None], 0, None), None)["residuals"]
    assert sum(found["histogram"]["rows"]) == 2000
    assert len(found["histogram"]["edges"]) == len(found["histogram"]["rows"]) + 1
    assert found["quantiles"] == pytest.approx(np.quantile(target - predicted, found["levels"]), rel=1e-5)
    assert [group["rows"] for group in found["by_prediction"]] == pytest.approx(
        [2000 / GROUPS] * GROUPS, abs=1
    )
    means = sum(group["mean"] * group["rows"] for group in found["by_prediction"]) / 2000
    assert means == pytest.approx((target - predicted).mean(), abs=1e-4)


def test_odd_rows_have_the_curves_that_exist() -> None:
    one = Rows(np.zeros(5, np.int64), np.tile([0.7, 0.3], (5, 1)), 2, None)
    assert {*curves(one, None)} == {"confusion", "calibration"}
    same = curves(Rows(np.ones(5), np.ones((5, 1)), 0, None), None)["residuals"]
    assert sum(same["histogram"]["rows"]) == 5 and len(same["by_prediction"]) == 1
    assert curves(Rows(np.zeros(0, np.int64), np.zeros((0, 2)), 2, None), None) == {}
    assert curves(Rows(np.zeros(1, np.int64), np.full((1, 2), np.nan), 2, None), None) == {}


def test_the_size_is_limited() -> None:
    found = curves(binary(200_000), None)
    assert all(len(values) <= POINTS + 2 for values in found["roc"].values())
    assert len(json.dumps(found)) < 30_000
