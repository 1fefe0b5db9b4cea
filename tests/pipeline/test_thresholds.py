"""Thresholds of models, from the spec to the artifact."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mlbuild import api
from mlbuild.bundle.session import Session
from mlbuild.cli.output.building.shipped import models_of, results_text
from mlbuild.engine.store.store import DiskStore
from tests.projects import DELAYS, after, built, delays, one_model
from tests.spec.checking import changed, checked


def with_threshold(text: str) -> str:
    return DELAYS.replace(
        "    target: late\n", f"    target: late\n    metrics: [accuracy, recall]\n    threshold: {text}\n"
    )


def shipped(folder: Path, file: str) -> Any:
    return json.loads((folder / "dist/late" / file).read_text())


def test_a_threshold_is_in_the_artifact_and_trains_nothing(tmp_path: Path) -> None:
    file = delays(tmp_path, with_threshold("{type: cost, false_positive: 1, false_negative: 4}"))
    spec, result = api.load(file), built(file)
    metrics, contract = shipped(tmp_path, "metrics.json"), shipped(tmp_path, "contract.json")
    threshold = metrics["threshold"]
    assert 0 < threshold < 0.5
    assert contract["outputs"][0]["threshold"] == threshold
    assert shipped(tmp_path, "parity.json")["label_flips"] == 0
    lines = results_text([], models_of(spec, result, DiskStore.at(tmp_path)))
    assert f"  threshold: {threshold:.6g}" in lines
    low = metrics["metrics"]["test"]["recall"]
    file.write_text(with_threshold("0.5"))
    affected = after(file, "threshold:late")
    assert {*built(file).ran} == affected and "train:late" not in affected
    assert shipped(tmp_path, "metrics.json")["threshold"] == 0.5
    assert shipped(tmp_path, "metrics.json")["metrics"]["test"]["recall"] < low
    file.write_text(with_threshold("{type: fixed, value: 0.5}"))
    assert built(file).ran == ()


def test_the_artifact_predicts_the_positive_class_from_the_threshold_on(tmp_path: Path) -> None:
    rows = "x,kind\n" + "".join(f"{one / 50},{'ab'[one % 50 < one // 50 * 10 + 5]}\n" for one in range(250))
    model = (
        "type: sklearn.logistic_regression, features: x, target: {column: kind, positive: b}, threshold: 0.25"
    )
    file = one_model(tmp_path, "x: float, kind: string", rows, model)
    built(file)
    session = Session((tmp_path / "dist/one/model.onnx").read_bytes())
    answer = session.run({"x": np.array([[one / 10] for one in range(-50, 100)] + [[np.nan]])})
    share, label = answer["probabilities"][:, 1], answer["label"][:, 0]
    assert {*label} == {"a", "b"}
    assert [*label] == ["b" if one >= 0.25 else "a" for one in share]
    assert ((share > 0.25) & (share < 0.5)).any()


def test_more_than_two_classes_in_the_data_are_a_data_fault(tmp_path: Path) -> None:
    rows = "x,kind\n" + "".join(f"{number},{'abc'[number % 3]}\n" for number in range(60))
    model = "type: sklearn.logistic_regression, features: x, target: kind, threshold: 0.4"
    result = api.build(api.load(one_model(tmp_path, "x: float, kind: string", rows, model)), (), threads=1)
    failure = result.failures["threshold:one"]
    assert (failure.kind, failure.message) == ("data", "'threshold' is for 2 classes, but the target has 3")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            [("[roc_auc]\n", "[roc_auc]\n    threshold: {type: best, metric: r2}\n")],
            "44:37 not-allowed 'metric' must be one of f1, balanced_accuracy, matthews_corrcoef, cohen_kappa, accuracy",
        ),
        (
            [("[roc_auc]\n", "[roc_auc]\n    threshold: {type: best, split: test}\n")],
            "44:29 unknown-key unknown key 'split' in best threshold",
        ),
        (
            [("[roc_auc]\n", "[roc_auc]\n    threshold: 1.5\n")],
            "44:16 out-of-range 'threshold' must be a number",
        ),
        ([("[roc_auc]\n", "[roc_auc]\n    threshold: best\n")], "44:16 wrong-type 'threshold' must be"),
        (
            [("[roc_auc]\n", "[roc_auc]\n    threshold: {type: bets}\n")],
            "44:23 unknown-type unknown threshold type 'bets' | did you mean 'best'?",
        ),
        (
            [
                ("[roc_auc]\n", "[roc_auc]\n    threshold: {type: best}\n"),
                ("valid_from: 2013-10-01", "test_from: 2013-10-01"),
                ("    early_stopping: {rounds: 5}\n", ""),
            ],
            "44:5 no-valid-rows the threshold is chosen on validation rows, but the split of dataset 'departures' has none",
        ),
        (
            [
                ("type: lightgbm.classifier", "type: lightgbm.regressor"),
                ("target: late", "target: arr_delay"),
                ("metrics: [roc_auc]\n", "metrics: [r2]\n    threshold: 0.3\n"),
                ("    early_stopping: {rounds: 5}\n", ""),
            ],
            "44:5 no-effect 'threshold' has no effect here: the model does regression | remove it",
        ),
    ],
)
def test_what_is_said_of_thresholds(changes: list[tuple[str, str]], said: str, tmp_path: Path) -> None:
    found = checked(tmp_path, changed(*changes))
    assert found and found[0].startswith(said), found


def test_a_fixed_threshold_needs_no_valid_rows(tmp_path: Path) -> None:
    text = changed(
        ("[roc_auc]\n", "[roc_auc]\n    threshold: 0.3\n"),
        ("valid_from: 2013-10-01", "test_from: 2013-10-01"),
        ("    early_stopping: {rounds: 5}\n", ""),
    )
    assert checked(tmp_path, text) == []
