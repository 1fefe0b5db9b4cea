"""A build reports the metrics of its models next to a constant, and warns about models that are not better."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn import dummy, metrics

from tests.cli.running import Command
from tests.projects import one_model

CHANCE = np.random.default_rng(0)
X = CHANCE.normal(size=300)
NOISE = CHANCE.normal(size=300) > 0
SPLIT = ("split: {type: random}", "split: {type: random, valid: 0.2, test: 0.3}")


def project(
    folder: Path, learner: str, target: Any, rows: int = 300, dtype: str = "bool", level: str = ""
) -> None:
    """Write one model that predicts a target from the feature `x`."""
    lines = [f"{x},{str(y).lower()}" for x, y in zip(X[:rows], target[:rows], strict=True)]
    model = f"type: {learner}, features: [x], target: y"
    file = one_model(folder, f"x: float, y: {dtype}", "\n".join(["x,y", *lines, ""]), model)
    text = file.read_text().replace(*SPLIT)
    file.write_text(text + (f"warnings: {level}\n" if level else ""))


def told(folder: Path) -> Any:
    return json.loads((folder / "dist/one/metrics.json").read_text())


def test_metrics_stand_beside_those_of_scikit_learns_dummies(tmp_path: Path, mlbuild: Command) -> None:
    project(tmp_path, "sklearn.logistic_regression", X > 0.3)
    ran = mlbuild("build", "-j", "1")
    assert ran.code == 0 and "warning[" not in ran.err
    content = told(tmp_path)
    assert content["findings"] == []
    rows = {split: values["rows"] for split, values in content["metrics"].items()}
    assert [*rows] == ["train", "valid", "test"] == [*content["constant"]]
    shares = content["constant"]["train"]["log_loss"]
    assert shares == pytest.approx(_entropy((X > 0.3).astype(int), rows["train"], tmp_path))
    assert all(values["roc_auc"] == 0.5 for values in content["constant"].values())
    line = next(line for line in ran.out.splitlines() if line.startswith("  roc_auc: "))
    assert line.endswith("  (constant: 0.5  0.5  0.5)")


def _entropy(target: Any, rows: int, folder: Path) -> float:
    """Return the log loss of scikit-learn's dummy with the share of positive training rows, which is not in the
    artifact.
    """
    share = told(folder)["constant"]["train"]["accuracy"]
    positive = round(min(share, 1 - share) * rows)
    truth = np.arange(rows) < positive
    prior = dummy.DummyClassifier(strategy="prior").fit(np.zeros((rows, 1)), truth)
    return float(metrics.log_loss(truth, prior.predict_proba(np.zeros((rows, 1)))))


def test_a_number_is_compared_with_its_mean_and_its_median(tmp_path: Path, mlbuild: Command) -> None:
    project(tmp_path, "sklearn.linear_regression", np.exp(3 * X).round(3), dtype="float")
    assert mlbuild("build", "-j", "1").code == 0
    constant = told(tmp_path)["constant"]
    assert constant["train"]["r2"] == pytest.approx(0)
    assert constant["test"]["r2"] < 0, "the mean is that of the training rows"
    assert constant["train"]["mean_absolute_error"] < constant["train"]["root_mean_squared_error"]


@pytest.mark.parametrize(
    ("learner", "rows", "code"),
    [
        ("lightgbm.classifier", 20, "constant-model"),
        ("lightgbm.classifier, metrics: [log_loss, roc_auc, brier_score]", 300, "no-skill"),
    ],
)
def test_a_model_without_skill_is_told_each_time(
    tmp_path: Path, mlbuild: Command, learner: str, rows: int, code: str
) -> None:
    project(tmp_path, learner, NOISE, rows, level="{}")
    for _ in range(2):  # the warning is repeated even if nothing runs
        ran = mlbuild("build", "-j", "1")
        assert ran.code == 0
        assert f"mlbuild.yaml:6:10: warning[{code}]: " in ran.err and "1 warning" in ran.err
    assert [one["code"] for one in told(tmp_path)["findings"]] == [code]
    assert "warning[" not in mlbuild("build", "-j", "1", "-q").err
    (found,) = json.loads(mlbuild("build", "-j", "1", "--json").out)["warnings"]
    assert (found["code"], found["line"], found["severity"]) == (code, 6, "warning")
    github = mlbuild("build", "-j", "1", "--format", "github").out
    assert f"::warning file=mlbuild.yaml,line=6,endLine=6,col=10,endColumn=13,title={code}::" in github
    sarif = json.loads(mlbuild("build", "-j", "1", "--format", "sarif").out)
    assert [one["ruleId"] for one in sarif["runs"][0]["results"]] == [code]


def test_a_spec_silences_it_or_publishes_nothing(tmp_path: Path, mlbuild: Command) -> None:
    project(tmp_path, "lightgbm.classifier", NOISE, 20, level="{constant-model: ignore}")
    ran = mlbuild("build", "-j", "1")
    assert ran.code == 0 and "warning[" not in ran.err
    project(tmp_path, "lightgbm.classifier", NOISE, 20, level="{constant-model: error}")
    for _ in range(2):
        ran = mlbuild("build", "-j", "1")
        assert ran.code == 4
        assert "evaluate:one" in ran.err and "the model makes the same prediction for every row" in ran.err
    assert "dist/one/model.onnx: out of date, not changed" in ran.out


def test_only_the_evaluation_runs_again_for_another_level(tmp_path: Path, mlbuild: Command) -> None:
    project(tmp_path, "sklearn.logistic_regression", X > 0.3)
    mlbuild("build", "-j", "1")
    project(tmp_path, "sklearn.logistic_regression", X > 0.3, level="{no-skill: error}")
    tasks = json.loads(mlbuild("build", "-j", "1", "--json").out)["tasks"]
    assert [task["task"] for task in tasks if task["outcome"] == "ran"] == ["evaluate:one"]


def test_a_linear_model_tells_its_coefficients(tmp_path: Path, mlbuild: Command) -> None:
    kind = np.where(X > 0, "a", "b")
    lines = [f"{x},{k},{2 * x + (k == 'a')}" for x, k in zip(X, kind, strict=True)]
    steps = "[{op: one_hot, columns: kind, handle_missing: indicator}]"
    model = (
        f"type: sklearn.ridge, params: {{alpha: 0}}, features: [x, kind], preprocessing: {steps}, target: y"
    )
    one_model(tmp_path, "x: float, kind: string, y: float", "\n".join(["x,kind,y", *lines, ""]), model)
    assert mlbuild("build", "-j", "1").code == 0
    learner = told(tmp_path)["learner"]
    names = ["x", "kind=a", "kind=b", "kind=missing"]
    assert [*learner["coefficients"]] == names
    assert learner["coefficients"]["x"] == pytest.approx(2)
    assert learner["coefficients"]["kind=a"] - learner["coefficients"]["kind=b"] == pytest.approx(1)


@pytest.mark.parametrize(("noise", "told"), [(0.01, True), (0.5, False)])
def test_answers_that_are_too_good_to_be_true_are_told(
    tmp_path: Path, mlbuild: Command, noise: float, told: bool
) -> None:
    target = (X + noise * np.random.default_rng(1).normal(size=300)).round(6)
    project(tmp_path, "sklearn.linear_regression", target, dtype="float")
    ran = mlbuild("build", "-j", "1")
    assert ran.code == 0
    assert ("warning[too-good]: r2 is 0.99" in ran.err) == told
    assert "on the test rows: a feature may give the target away" in ran.err or not told


def test_the_share_of_each_class_is_recorded_and_shown(tmp_path: Path, mlbuild: Command) -> None:
    project(tmp_path, "sklearn.logistic_regression", X > 0.3)
    ran = mlbuild("build", "-j", "1")
    content = told(tmp_path)
    rows = {split: values["rows"] for split, values in content["metrics"].items()}
    counts = content["classes"]["rows"]
    assert content["classes"]["values"] == [False, True]
    assert {split: sum(found) for split, found in counts.items()} == rows
    assert sum(found[1] for found in counts.values()) == int((X > 0.3).sum())
    shares = "  ".join(
        f"{split} {no / (no + yes):.1%} {yes / (no + yes):.1%}" for split, (no, yes) in counts.items()
    )
    assert f"  classes (false, true): {shares}\n" in ran.out


def test_of_many_classes_the_rarest_one_is_shown(tmp_path: Path, mlbuild: Command) -> None:
    target = np.digitize(X, np.quantile(X, np.arange(1, 8) / 8))
    project(tmp_path, "sklearn.logistic_regression", target, dtype="int", level="{no-skill: ignore}")
    ran = mlbuild("build", "-j", "1")
    counts = told(tmp_path)["classes"]["rows"]
    rarest = "  ".join(f"{split} {min(found)}" for split, found in counts.items())
    assert f"  rows of the rarest of 8 classes: {rarest}\n" in ran.out


def test_a_number_has_no_classes(tmp_path: Path, mlbuild: Command) -> None:
    project(tmp_path, "sklearn.linear_regression", X + NOISE, dtype="float")
    assert "classes" not in mlbuild("build", "-j", "1").out
    assert told(tmp_path)["classes"] is None


def test_a_class_that_a_part_lacks_is_told(tmp_path: Path, mlbuild: Command) -> None:
    target = np.where(np.arange(300) == 0, "rare", np.where(X > 0, "a", "b"))
    project(tmp_path, "sklearn.logistic_regression", target, dtype="string", level="{}")
    for _ in range(2):
        ran = mlbuild("build", "-j", "1")
        assert ran.code == 0
        message = "warning[absent-class]: the test rows lack 1 of the 3 classes, so their metrics say nothing about it\n"
        assert message in ran.err and "  without rows: 'rare'\n" in ran.err
    assert "'rare'" not in mlbuild("build", "-j", "1", "--no-samples").err
