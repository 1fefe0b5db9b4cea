"""Searches whose trials are compared on folds, and searches of models that are cross-validated."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mlbuild import api
from mlbuild.models.searches import SEARCHES
from tests.pipeline.trials.project import (
    FOLDED,
    OBJECTIVES,
    SEARCH,
    project,
    ran,
    regressing,
    trials,
    with_trials,
)
from tests.projects import built

FOLDS = (1, 2, 3)


def in_folds(*numbers: int) -> list[str]:
    return [f"{trial:03}@{fold}" for trial in numbers for fold in FOLDS]


def report(folder: Path) -> Any:
    return json.loads((folder / "dist/late/cross_validation.json").read_text())


def written(params: dict[str, Any]) -> str:
    """Return the spec with these parameters and no search."""
    told = ", ".join(f"{key}: {value!r}" for key, value in params.items())
    return with_trials("    cross_validation: true\n").replace(
        "{num_iterations: 12,", f"{{num_iterations: 12, {told},"
    )


def test_the_value_of_a_trial_is_that_of_a_cross_validation(tmp_path: Path) -> None:
    file = project(tmp_path, FOLDED)
    built(file)
    found, crossed = trials(tmp_path), report(tmp_path)
    model = (tmp_path / "dist/late/model.onnx").read_bytes()
    assert found["on"] == "folds" and found["rows"] == crossed["rows"] > 0
    assert found["value"] == min(one["value"] for one in found["trials"])
    assert len({one["value"] for one in found["trials"]}) == len(found["trials"]) == 6
    for one in found["trials"]:
        assert one["against_best"] is None and one["failure"] is None
        file.write_text(written(one["params"]))
        ran_again = built(file).ran
        assert report(tmp_path)["metrics"]["log_loss"]["mean"] == one["value"]
        if one["trial"] == found["best"]:
            # The best parameters are trained on all training rows as if they were written in the spec.
            assert report(tmp_path) == crossed
            assert (tmp_path / "dist/late/model.onnx").read_bytes() == model
            assert "artifact:late" not in ran_again


@pytest.mark.parametrize("type_", SEARCHES.names)
def test_more_trials_run_only_their_folds(type_: str, tmp_path: Path) -> None:
    text = FOLDED.replace("type: random", f"type: {type_}", 1)
    file = project(tmp_path, text)
    first = built(file)
    assert ran(first.ran, "fold") == in_folds(*range(1, 7))
    assert [name for name in first.ran if name.startswith("train:")] == ["train:late"]
    before = trials(tmp_path)
    assert built(file).ran == ()
    file.write_text(with_trials(text.replace("trials: 6", "trials: 9")))
    second = built(file).ran
    assert ran(second, "fold") == in_folds(7, 8, 9)
    assert ran(second, "trial") == ["007", "008", "009"]
    assert ran(second, "suggest") == ["round4", "round5"]
    changed = trials(tmp_path)["best"] != before["best"]
    assert ("train:late" in second) == changed
    file.write_text(with_trials(text))
    assert not {name.partition(":")[0] for name in built(file).ran} & {"fold", "trial", "suggest", "train"}
    assert trials(tmp_path) == before


def test_another_metric_of_the_model_trains_nothing(tmp_path: Path) -> None:
    file = project(tmp_path, FOLDED)
    built(file)
    file.write_text(file.read_text().replace("metrics: [roc_auc, log_loss]", "metrics: [accuracy]"))
    result = built(file)
    kinds = {name.partition(":")[0] for name in result.ran}
    assert "cross_validate" in kinds and not kinds & {"fold", "trial", "suggest", "select", "train"}
    assert [*report(tmp_path)["metrics"]] == ["accuracy"]


def test_the_plan_has_the_folds_of_each_trial(tmp_path: Path) -> None:
    spec = api.load(project(tmp_path, FOLDED))
    names = [task.name for task, _ in api.foresee(spec, ["output:late"])]
    assert sorted(name for name in names if name.startswith("fold:")) == [
        f"fold:late@{one}" for one in in_folds(*range(1, 7))
    ]
    assert {"trial:late@006", "select:late", "train:late", "cross_validate:late"} <= {*names}


def test_the_result_does_not_depend_on_how_many_run_at_once(tmp_path: Path) -> None:
    found = []
    for jobs in (1, 3):
        folder = tmp_path / str(jobs)
        folder.mkdir()
        result = api.build(api.load(project(folder, FOLDED)), (), jobs=jobs, threads=1)
        assert result.ok
        found.append((trials(folder), report(folder), (folder / "dist/late/model.onnx").read_bytes()))
    assert found[0] == found[1]


def test_folds_need_no_valid_rows(tmp_path: Path) -> None:
    file = project(tmp_path, FOLDED)
    file.write_text(file.read_text().replace("valid: 0.2, test: 0.2}", "test: 0.2}"))
    built(file)
    assert trials(tmp_path)["value"] == report(tmp_path)["metrics"]["log_loss"]["mean"]


def test_settings_that_cannot_be_trained_are_failed_trials(tmp_path: Path) -> None:
    search = f"    search: {{type: random, trials: 6, together: 6, on: folds, space: {OBJECTIVES}}}\n    cross_validation: true\n"
    file = project(tmp_path, search)
    text = regressing(file.read_text())
    file.write_text(text)
    built(file)
    kinds = {one["params"]["objective"]: one for one in trials(tmp_path)["trials"]}
    assert {*kinds} == {"gamma", "regression"}
    assert kinds["gamma"]["value"] is None and kinds["gamma"]["failure"].startswith("fold 1: ")
    assert trials(tmp_path)["value"] == kinds["regression"]["value"]
    file.write_text(text.replace("[gamma, regression]", "[gamma, poisson]"))
    (failure,) = api.build(api.load(file), (), threads=1).failures.values()
    assert failure.kind == "data"
    assert failure.message.startswith("'r2' has no value for any of the 6 trials: fold 1: ")


def test_of_a_search_on_valid_rows_only_the_best_trial_is_cross_validated(tmp_path: Path) -> None:
    file = project(tmp_path, f"{SEARCH}    cross_validation: true\n")
    result = built(file)
    assert ran(result.ran, "fold") == ["1", "2", "3"]
    found, crossed = trials(tmp_path), report(tmp_path)
    assert found["on"] == "valid" and not [name for name in result.ran if name.startswith("train:")]
    (best,) = (one for one in found["trials"] if one["trial"] == found["best"])
    file.write_text(written(best["params"]))
    built(file)
    assert report(tmp_path) == crossed
