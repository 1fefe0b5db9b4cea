"""Models with a matrix: each combination is a model, and the best one can be chosen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlbuild import api
from mlbuild.cli.output.building.shipped import models_of, outputs_of, results_text
from mlbuild.engine.store.store import DiskStore
from tests.pipeline.trials.project import CHOOSE, MATRIX, project, trials, with_trials
from tests.projects import built

NAMES = [f"late@num_leaves={leaves},learning_rate={rate}" for leaves in (3, 7) for rate in ("0.1", "0.3")]


def kinds(ran: tuple[str, ...]) -> set[str]:
    return {name.partition(":")[0] for name in ran}


def test_each_combination_is_a_model_with_its_parameters(tmp_path: Path) -> None:
    file = project(tmp_path, MATRIX, NAMES[2])
    spec, result = api.load(file), built(file)
    assert [*spec.models] == NAMES
    assert {f"train:{name}" for name in NAMES} <= {*result.ran}
    fitted = {name: result.actions[f"train:{name}"].digests["fitted"] for name in NAMES}
    assert len({*fitted.values()}) == len(NAMES)
    # The parameters are the same as if they were written under `params`.
    text = with_trials("").replace(
        "{num_iterations: 12,", "{num_iterations: 12, num_leaves: 7, learning_rate: 0.1,"
    )
    file.write_text(text)
    alone = built(file)
    assert alone.actions["train:late"].digests["fitted"] == fitted[NAMES[2]]
    assert "train:late" not in alone.ran and "artifact:late" not in alone.ran


def test_what_does_not_depend_on_the_parameters_is_made_once(tmp_path: Path) -> None:
    result = built(project(tmp_path, MATRIX, NAMES[0]))
    of_models = [name.partition(":")[0] for name in result.ran if "late@" in name]
    counts = {kind: of_models.count(kind) for kind in kinds(result.ran)}
    assert [counts[kind] for kind in ("fit", "features", "bin", "target")] == [1, 1, 1, 1]
    assert counts["train"] == counts["evaluate"] == len(NAMES)


def test_the_best_on_the_valid_rows_is_handed_on_as_it_was_trained(tmp_path: Path) -> None:
    file = project(tmp_path, CHOOSE)
    result, spec = built(file), api.load(file)
    found = trials(tmp_path)
    values = {one["trial"]: one["value"] for one in found["trials"]}
    measured = {
        name.removeprefix("late@"): one["metrics"]["valid"]["log_loss"]
        for name in NAMES
        for one in models_of(spec, result, DiskStore.at(tmp_path))
        if one["model"] == name
    }
    assert values == measured
    assert found["best"] == min(values, key=values.__getitem__) and found["value"] == min(values.values())
    ends = result.actions["select:late"].digests, result.actions[f"train:late@{found['best']}"].digests
    assert ends[0]["fitted"] == ends[1]["fitted"] and ends[0]["learner"] == ends[1]["learner"]
    assert json.loads((tmp_path / "dist/late/parity.json").read_text())["label_flips"] == 0
    for one in found["trials"]:
        own = one["against_best"]
        assert (own is None) == (one["trial"] == found["best"])
        assert own is None or own["difference"] == pytest.approx(one["value"] - found["value"], abs=1e-9)


def test_another_value_trains_only_what_is_new(tmp_path: Path) -> None:
    file = project(tmp_path, CHOOSE)
    built(file)
    assert built(file).ran == ()
    file.write_text(with_trials(CHOOSE.replace("[3, 7]", "[3, 7, 5]")))
    ran = built(file).ran
    assert {name for name in ran if name.startswith("train:")} == {
        f"train:late@num_leaves=5,learning_rate={rate}" for rate in ("0.1", "0.3")
    }
    file.write_text(with_trials(CHOOSE.replace("choose: log_loss", "choose: roc_auc")))
    assert "train" not in kinds(built(file).ran)


def test_seeds_are_averaged_and_the_first_is_handed_on(tmp_path: Path) -> None:
    text = "    matrix: {params: {num_leaves: [3, 7], bagging_fraction: [0.5], bagging_freq: [1]}, seed: [4, 2]}\n"
    result = built(project(tmp_path, f"{text}    choose: {{metric: log_loss}}\n"))
    found = trials(tmp_path)
    assert len(found["trials"]) == 2
    for one in found["trials"]:
        assert len({*one["seeds"]}) == 2 and one["value"] == pytest.approx(sum(one["seeds"]) / 2, abs=1e-11)
    best = f"train:late@{found['best']},seed=4"
    assert result.actions["select:late"].digests["fitted"] == result.actions[best].digests["fitted"]


def test_folds_can_choose(tmp_path: Path) -> None:
    text = f"{MATRIX}    choose: {{metric: log_loss, on: folds}}\n    cross_validation: true\n"
    result, store = built(project(tmp_path, text)), DiskStore.at(tmp_path)
    found = trials(tmp_path)
    for name, one in zip(NAMES, found["trials"], strict=True):
        digest = result.actions[f"cross_validate:{name}"].digests["cross_validation.json"]
        report = json.loads(store.contents.get(digest) or b"")
        assert one["value"] == report["metrics"]["log_loss"]["mean"]
        if one["trial"] == found["best"]:
            assert json.loads((tmp_path / "dist/late/cross_validation.json").read_text()) == report
    assert found["value"] == min(one["value"] for one in found["trials"])


def test_a_build_says_which_combination_is_best(tmp_path: Path) -> None:
    file = project(tmp_path, CHOOSE)
    spec = api.load(file)
    result, store = built(file), DiskStore.at(tmp_path)
    lines = results_text(outputs_of(spec, api.plan(spec), result, store), models_of(spec, result, store))
    found = trials(tmp_path)
    told = found["best"].replace(",", ", ").split(", ")
    (line,) = [line for line in lines if "trials" in line]
    assert line.startswith(f"  best of 4 trials by log_loss on valid {found['value']:.6g}: ")
    assert all(setting in line for setting in told)
    assert not [line for line in lines if line.startswith("model ")]
