"""A build warns about models that overfit, about wrong probabilities, and about test rows that are unlike the training rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.cli.running import Command
from tests.projects import one_model

CHANCE = np.random.default_rng(0)
COUNT = 1_500
X, Z = CHANCE.normal(size=(2, COUNT))
#: An event that is rare, and that the feature `x` tells only in part.
RARE = X + CHANCE.normal(size=COUNT) > 1.8
SPLIT = ("split: {type: random}", "split: {type: random, valid: 0.2, test: 0.3}")
DEEP = "params: {num_leaves: 255, min_data_in_leaf: 1, num_iterations: 300}"


def project(folder: Path, model: str, target: Any = RARE, dtype: str = "bool", more: str = "") -> Path:
    rows = [f"{x},{z},{str(y).lower()}" for x, z, y in zip(X, Z, target, strict=True)]
    model = f"{model}, features: [x, z], target: y"
    file = one_model(folder, f"x: float, z: float, y: {dtype}", "\n".join(["x,z,y", *rows, ""]), model)
    file.write_text(file.read_text().replace(*SPLIT) + more)
    return file


@pytest.mark.parametrize(
    ("model", "told"),
    [
        (f"type: lightgbm.classifier, metrics: roc_auc, {DEEP}", True),
        ("type: lightgbm.classifier, metrics: roc_auc, params: {num_iterations: 20}", False),
        ("type: sklearn.logistic_regression", False),
    ],
    ids=["deep", "shallow", "linear"],
)
def test_a_model_that_overfits_is_told(tmp_path: Path, mlbuild: Command, model: str, told: bool) -> None:
    # Most of the target is noise, of which the trees learn every row.
    target = 0.4 * X + CHANCE.normal(size=COUNT) > 0
    file = project(tmp_path, model, target)
    done = mlbuild("build", "-j", "1")
    assert done.code == 0
    start = "mlbuild.yaml:6:10: warning[overfit]: on the test rows the model loses more than half of its advantage over a constant prediction: roc_auc train 1, test 0."
    assert (start in done.err) == told, done.err
    assert ("(constant: 0.5)" in done.err) == told == ("overfit" in _codes(tmp_path))
    file.write_text(
        file.read_text() + "warnings: {overfit: error, useless-column: ignore, harmful-column: ignore}\n"
    )
    assert mlbuild("build", "-j", "1").code == (4 if told else 0)


@pytest.mark.parametrize(
    ("params", "told"), [("class_weight: balanced", True), ("C: 1.0", False)], ids=["weighted", "plain"]
)
def test_probabilities_that_are_wrong_are_told(
    tmp_path: Path, mlbuild: Command, params: str, told: bool
) -> None:
    project(tmp_path, f"type: sklearn.logistic_regression, metrics: roc_auc, params: {{{params}}}")
    done = mlbuild("build", "-j", "1")
    assert done.code == 0
    start = "mlbuild.yaml:6:10: warning[miscalibrated]: on the test rows predicted and observed frequencies differ by 0."
    assert (start in done.err) == told, done.err
    assert ("(root mean square): " in done.err and "calibration_intercept -" in done.err) == told
    assert ("miscalibrated" in _codes(tmp_path)) == told
    assert ("<code>miscalibrated" in (tmp_path / "dist/one/report.html").read_text()) == told


def test_numbers_have_no_calibration_and_one_warning_is_enough(tmp_path: Path, mlbuild: Command) -> None:
    noise = CHANCE.normal(size=COUNT)
    project(tmp_path, f"type: lightgbm.regressor, {DEEP}", noise.round(3), "float")
    assert mlbuild("build", "-j", "1").code == 0
    assert [code for code in _codes(tmp_path) if code in ("no-skill", "overfit")] == ["no-skill"]


def _codes(folder: Path) -> list[str]:
    return [one["code"] for one in json.loads((folder / "dist/one/metrics.json").read_text())["findings"]]


DRIFTING = """\
mlbuild: 1
project: visits
sources: {rows: {path: rows.csv, contract: row}}
contracts: {row: {columns: {day: date, warm: float, wet: {dtype: float, nullable: true}, odd: float, y: float}}}
datasets:
  all:
    from: rows
    split: {type: time, column: day, test_from: 2020-01-20}
models:
  one: {type: lightgbm.regressor, dataset: all, features: [warm, wet, day], preprocessing: days, target: y}
preprocessing: {days: [{op: date_parts, columns: day, parts: [weekday]}]}
outputs:
  one: {model: one}
"""


def drifting(folder: Path, *, warm: float, missing: bool, count: int = 600) -> Path:
    """Write visits of 30 days, of which the last ones are warmer or lack a value. `odd` changes too, but no model uses it."""
    lines = ["day,warm,wet,odd,y"]
    chance = np.random.default_rng(1)
    for row in range(count):
        day = 1 + row * 30 // count
        late = day >= 20
        first, second, third = chance.normal(size=3)
        wet = "" if late and missing and row % 2 else f"{second:.3f}"
        lines.append(
            f"2020-01-{day:02},{first + late * warm:.3f},{wet},{100 * late + third:.3f},{first + third:.3f}"
        )
    (folder / "rows.csv").write_text("\n".join([*lines, ""]))
    file = folder / "mlbuild.yaml"
    file.write_text(DRIFTING)
    return file


@pytest.mark.parametrize(
    ("warm", "missing", "count", "said"),
    [
        (0.0, False, 600, None),
        (0.2, False, 600, None),
        (
            1.5,
            False,
            600,
            "1 input is distributed differently in the test rows than in the training rows: 'warm' (psi ",
        ),
        (1.5, True, 600, "2 inputs are distributed differently in the test rows than in the training rows: "),
        (
            0.0,
            True,
            600,
            "1 input is distributed differently in the test rows than in the training rows: 'wet' (psi ",
        ),
        (0.6, False, 30, None),
    ],
    ids=["equal", "little", "warm", "both", "missing", "few rows"],
)
def test_test_rows_that_are_unlike_the_train_rows_are_told(
    tmp_path: Path, mlbuild: Command, warm: float, missing: bool, count: int, said: str | None
) -> None:
    drifting(tmp_path, warm=warm, missing=missing, count=count)
    done = mlbuild("build", "-j", "1")
    assert done.code == 0, done.err
    assert ("warning[drifted-split]" in done.err) == (said is not None), done.err
    assert "'odd'" not in done.err and "'day'" not in done.err
    if said:
        assert f"mlbuild.yaml:8:5: warning[drifted-split]: {said}" in done.err
        assert "drifted-split" in (tmp_path / "dist/one/report.html").read_text()


def test_drift_can_stop_the_publication(tmp_path: Path, mlbuild: Command) -> None:
    file = drifting(tmp_path, warm=1.5, missing=False)
    file.write_text(
        DRIFTING.replace("{model: one}", "{model: one, report: false}") + "warnings: {drifted-split: error}\n"
    )
    done = mlbuild("build", "-j", "1")
    assert done.code == 3 and "drift:all: 1 input is distributed differently" in done.err
    assert not (tmp_path / "dist").exists()
    file.write_text(DRIFTING + "warnings: {drifted-split: ignore}\n")
    done = mlbuild("build", "-j", "1")
    assert done.code == 0 and "warning[drifted-split]" not in done.err
    assert "drifted-split" not in (tmp_path / "dist/one/report.html").read_text()
