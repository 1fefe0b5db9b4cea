"""Searches: rounds of trials that depend on earlier results and on nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlbuild import api
from mlbuild.diagnostics import Failed, Failure
from mlbuild.engine.store.store import DiskStore
from mlbuild.models.lightgbm.classifier import LightgbmClassifier
from mlbuild.models.searches import SEARCHES
from tests.pipeline.trials.project import OBJECTIVES, SEARCH, project, ran, regressing, trials, with_trials
from tests.projects import built


def of(type_: str) -> str:
    return SEARCH.replace("type: random", f"type: {type_}")


@pytest.mark.parametrize("type_", SEARCHES.names)
def test_more_trials_run_only_the_new_ones(type_: str, tmp_path: Path) -> None:
    file = project(tmp_path, of(type_))
    first = built(file)
    assert ran(first.ran, "trial") == [f"{number:03}" for number in range(1, 7)]
    before = trials(tmp_path)
    assert built(file).ran == ()
    file.write_text(with_trials(of(type_).replace("trials: 6", "trials: 9")))
    second = built(file).ran
    assert ran(second, "trial") == ["007", "008", "009"]
    assert ran(second, "suggest") == ["round4", "round5"]
    assert trials(tmp_path)["trials"][:6] == before["trials"] or trials(tmp_path)["best"] != before["best"]
    told = [(one["trial"], one["params"], one["value"]) for one in trials(tmp_path)["trials"]]
    assert told[:6] == [(one["trial"], one["params"], one["value"]) for one in before["trials"]]
    file.write_text(with_trials(of(type_)))
    assert ran(built(file).ran, "trial") == []
    assert trials(tmp_path) == before


@pytest.mark.parametrize("type_", SEARCHES.names)
def test_the_result_does_not_depend_on_how_many_run_at_once(type_: str, tmp_path: Path) -> None:
    found = []
    for jobs in (1, 3):
        folder = tmp_path / str(jobs)
        folder.mkdir()
        result = api.build(api.load(project(folder, of(type_))), (), jobs=jobs, threads=1)
        assert result.ok
        found.append((trials(folder), (folder / "dist/late/model.onnx").read_bytes()))
    assert found[0] == found[1]


def test_the_best_trial_is_handed_on(tmp_path: Path) -> None:
    result = built(project(tmp_path, SEARCH))
    found = trials(tmp_path)
    assert found["value"] == min(one["value"] for one in found["trials"])
    best = result.actions[f"trial:late@{found['best']}"].digests
    assert result.actions["select:late"].digests["fitted"] == best["fitted"]
    measured = json.loads((tmp_path / "dist/late/metrics.json").read_text())["metrics"]["valid"]
    assert measured["log_loss"] == found["value"]


def test_another_seed_or_space_searches_again(tmp_path: Path) -> None:
    file = project(tmp_path, SEARCH)
    built(file)
    file.write_text(with_trials(f"    seed: 5\n{SEARCH}"))
    assert len(ran(built(file).ran, "trial")) == 6
    # The same parameters are not trained again.
    file.write_text(with_trials(SEARCH.replace("max: 9", "max: 5")))
    assert 0 < len(ran(built(file).ran, "trial")) < 6


def test_settings_that_cannot_be_trained_are_failed_trials(tmp_path: Path) -> None:
    search = f"    search: {{type: random, trials: 6, together: 6, space: {OBJECTIVES}}}\n"
    file = project(tmp_path, search)
    text = regressing(file.read_text())
    file.write_text(text)
    result = built(file)
    found = trials(tmp_path)
    kinds = {one["params"]["objective"]: one for one in found["trials"]}
    assert {*kinds} == {"gamma", "regression"}
    assert kinds["gamma"]["value"] is None and kinds["gamma"]["failure"]
    assert found["value"] == kinds["regression"]["value"]
    store = DiskStore.at(tmp_path)
    assert store.contents.get(result.actions["select:late"].digests["fitted"])
    file.write_text(text.replace("[gamma, regression]", "[gamma, poisson]"))
    failed = api.build(api.load(file), (), threads=1)
    (failure,) = failed.failures.values()
    assert failure.kind == "data"
    assert failure.message.startswith("'r2' has no value for any of the 6 trials: ")


def test_what_is_no_fault_of_the_settings_is_no_trial(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = project(tmp_path, SEARCH)
    failure = Failure("store", "the store is out of reach")

    def unreachable(*_: object) -> bytes:
        raise Failed(failure)

    with monkeypatch.context() as patch:
        patch.setattr(LightgbmClassifier, "fit", unreachable)
        result = api.build(api.load(file), (), threads=1)
    assert failure in result.failures.values()
    assert not [name for name in result.actions if name.startswith("trial:")]
    assert len(ran(built(file).ran, "trial")) == 6
