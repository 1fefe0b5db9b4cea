"""The trials that a model is chosen from appear in `runs`, `metrics` and `diff` only if they are named."""

from __future__ import annotations

import pytest

from tests.cli.running import Command
from tests.cli.tracking.project import SPEC, told, visits

CHOSEN = SPEC.replace(
    "    params:\n      C: 1.0\n", "    matrix: {params: {C: [0.5, 1.0]}}\n    choose: log_loss\n"
)
TRIALS = ["one@C=0.5", "one@C=1.0"]


@pytest.fixture
def chosen(mlbuild: Command) -> Command:
    """A project with a model that is chosen among two, built twice."""
    visits(mlbuild.folder, CHOSEN)
    assert mlbuild("build").code == 0
    visits(mlbuild.folder, CHOSEN.replace("features: [x, z]", "features: [z]"))
    assert mlbuild("build").code == 0
    return mlbuild


def test_they_are_left_out(chosen: Command) -> None:
    for words in (["runs"], ["metrics"], ["diff", "previous", "last"], ["diff", "previous", "last", "--md"]):
        done = chosen(*words)
        assert done.code == 0 and "log_loss" in done.out and "one@" not in done.out
    assert [one["model"] for one in told(chosen("diff", "--json").out)["models"]] == ["one"]
    assert {one["model"] for one in told(chosen("build", "--json").out)["models"]} == {*TRIALS, "one"}


@pytest.mark.parametrize("name", TRIALS)
def test_they_can_be_named(name: str, chosen: Command) -> None:
    assert f"{name} (build " in chosen("metrics", name).out
    assert "log_loss" in chosen("runs", "--model", name).out
    (found,) = told(chosen("diff", "--model", name, "--json").out)["models"]
    (change,) = (one for one in found["metrics"] if one["metric"] == "log_loss")
    assert found["model"] == name and found["same_rows"]
    assert change["better"] is False and change["difference"]["beyond_chance"]
