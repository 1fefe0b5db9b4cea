"""Metrics with options, from the spec to metrics.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mlbuild import api
from mlbuild.cli.output.building.shipped import models_of, results_text
from mlbuild.engine.execution.events import BuildResult
from mlbuild.engine.store.store import DiskStore
from tests.projects import DELAYS, after, built, delays, one_model

METRICS = (
    "[recall, {metric: recall, class: false}, {metric: f_beta, beta: 2}, log_loss_skill, calibration_slope]"
)
LABELS = ["recall", "recall(class=false)", "f_beta(beta=2)", "log_loss_skill", "calibration_slope"]


def measured(text: str) -> str:
    return DELAYS.replace("    target: late\n", f"    target: late\n    metrics: {text}\n")


def metrics(folder: Path, result: BuildResult) -> Any:
    action = result.actions["evaluate:late"]
    return json.loads(DiskStore.at(folder).contents.get(action.digests["metrics.json"]) or b"")


def test_options_are_part_of_the_names_in_results(tmp_path: Path) -> None:
    file = delays(tmp_path, measured(METRICS))
    result = built(file)
    found = metrics(tmp_path, result)
    test = found["metrics"]["test"]
    assert [*test] == ["rows", *LABELS]
    assert found["constant"]["test"]["log_loss_skill"] == pytest.approx(0, abs=0.2)
    assert found["constant"]["train"]["log_loss_skill"] == 0
    assert found["constant"]["test"]["calibration_slope"] is None
    numbers = [value for values in found["metrics"].values() for value in values.values()]
    assert all(value == float(f"{value:.12g}") for value in numbers)
    lines = "\n".join(results_text([], models_of(api.load(file), result, DiskStore.at(tmp_path))))
    assert all(f"  {label}: train " in lines for label in LABELS)


def test_other_options_train_nothing(tmp_path: Path) -> None:
    file = delays(tmp_path, measured("[{metric: f_beta, beta: 2}]"))
    built(file)
    file.write_text(measured("[{metric: f_beta, beta: 3}, recall]"))
    assert {*built(file).ran} == after(file, "evaluate:late", "importance:late")
    file.write_text(measured("[{beta: 3.0, metric: f_beta}, {metric: recall}]"))
    assert built(file).ran == ()


def test_a_class_that_no_row_has_is_a_data_fault(tmp_path: Path) -> None:
    """Without categories in the contract, only the data tell the classes."""
    rows = "x,kind\n" + "".join(f"{number},{'abc'[number % 3]}\n" for number in range(60))
    model = (
        "type: sklearn.logistic_regression, features: x, target: kind, metrics: [{metric: recall, class: %s}]"
    )
    file = one_model(tmp_path, "x: float, kind: string", rows, model % "c")
    built(file)
    file.write_text(file.read_text().replace("class: c", "class: d"))
    result = api.build(api.load(file), (), threads=1)
    assert {name: failure.message for name, failure in result.failures.items()} == {
        "evaluate:one": "metric 'recall(class=d)': the target has no class 'd'"
    }
    assert result.failures["evaluate:one"].kind == "data"
