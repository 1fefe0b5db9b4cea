"""Every build prints the metrics of the models that it evaluated, and those of the last build of the spec."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.cli.running import Command


def trial(iterations: int) -> tuple[str, str]:
    return "--set", f"models.one.params.num_iterations={iterations}"


def log_loss(out: str) -> tuple[str, str | None]:
    """Return the log loss on the training rows, and the previous one, as printed by a build."""
    found = re.search(r"^  log_loss: train (\S+)(?: \(was (\S+)\))?  \(constant: \S+\)$", out, re.MULTILINE)
    assert found, out
    return found[1], found[2]


def model(document: str) -> Any:
    (found,) = json.loads(document)["models"]
    return found


@pytest.mark.parametrize("target", ["evaluate:one", "model:one", "output:one", ""])
def test_all_that_evaluate_print_metrics(profiled: Command, target: str) -> None:
    words = ["build", *([target] if target else [])]
    whole = log_loss(profiled("build").out)
    for _ in range(2):
        ran = profiled(*words)
        assert log_loss(ran.out) == whole
    published = target in ("output:one", "")
    assert ran.out.splitlines()[0] == ("dist/one/model.onnx" if published else "model one")
    assert log_loss(profiled(*words, *trial(9)).out)[1] == whole[0]
    found = model(profiled(*words, "--json").out)
    assert found["model"] == "one" and f"{found['metrics']['train']['log_loss']:.6g}" == whole[0]
    assert found["metrics"]["train"]["rows"] == 60 and found["constant"]["train"]["roc_auc"] == 0.5


def test_nothing_that_is_not_evaluated_is_measured(profiled: Command) -> None:
    assert profiled("build", "dataset:all").out == ""
    assert json.loads(profiled("build", "train:one", "--json").out)["models"] == []


def test_a_change_is_told_once(profiled: Command) -> None:
    spec = profiled.folder / "mlbuild.yaml"
    first, was = log_loss(profiled("build").out)
    assert was is None, "nothing has changed since the first build"
    spec.write_text(spec.read_text().replace("num_iterations: 3", "num_iterations: 9"))
    second, was = log_loss(profiled("build").out)
    assert second != first and was == first
    assert [log_loss(profiled("build").out) for _ in range(2)] == [(second, None)] * 2
    spec.write_text(spec.read_text().replace("num_iterations: 9", "num_iterations: 3"))
    assert log_loss(profiled("build").out) == (first, second), "also where the model is an old one"


def test_trials_are_compared_with_what_they_try_to_better(profiled: Command) -> None:
    first, _ = log_loss(profiled("build").out)
    for iterations in (9, 12, 9):
        tried, was = log_loss(profiled("build", *trial(iterations)).out)
        assert tried != first and was == first
    assert model(profiled("build", *trial(12), "--json").out)["former"]["metrics"]["train"][
        "log_loss"
    ] == pytest.approx(float(first), rel=1e-5)
    assert log_loss(profiled("build").out) == (first, None), "and nothing is compared with a trial"


def test_profiles_are_compared_with_themselves(profiled: Command) -> None:
    quick = ("--profile", "quick")
    first, was = log_loss(profiled("build", *quick).out)
    assert was is None and log_loss(profiled("build").out)[1] is None
    assert model(profiled("build", *quick, "--json").out)["former"]["metrics"]["train"]["rows"] == 60
    assert log_loss(profiled("build", *quick, *trial(9)).out)[1] == first
