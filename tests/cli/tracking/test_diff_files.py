"""`mlbuild diff` compares model files that no recorded build of the project made."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from mlbuild.cli.exits import OK, USAGE
from mlbuild.cli.main import main
from tests.cli.running import Command
from tests.verdicts.loans import edited, loans

FEWER = ("num_iterations: 20", "num_iterations: 2")


def printed(folder: Path, *words: str) -> str:
    """Return what a command prints, outside a test."""
    text = io.StringIO()
    jobs = ["-j", "1"] if words[0] == "build" else []
    with (
        contextlib.chdir(folder),
        contextlib.redirect_stdout(text),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        assert main([*words, *jobs]) == OK
    return text.getvalue()


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """Build two models of one output. Return the folder with both, and how `diff` compares the builds."""
    folder = tmp_path_factory.mktemp("models")
    file = loans(folder, "")
    printed(folder, "build")
    shutil.copytree(folder / "dist/trees", folder / "old/trees")
    shutil.copytree(folder / "dist/line", folder / "old/line")
    edited(file, FEWER)
    printed(folder, "build")
    shutil.copytree(folder / "dist/trees", folder / "new/trees")
    found = json.loads(printed(folder, "diff", "--json", "--predictions"))
    return folder, next(one for one in found["models"] if one["model"] == "trees")


@pytest.fixture
def project(models: tuple[Path, Any], tmp_path: Path) -> Path:
    """Write the project without anything that a build has made of it."""
    for name in ("old", "new"):
        shutil.copytree(models[0] / name, tmp_path / name)
    return loans(tmp_path, "", None, FEWER)


def told(mlbuild: Command, *words: str) -> Any:
    done = mlbuild("diff", *words, "--json", "--predictions")
    assert done.code == OK, done.out + done.err
    return json.loads(done.out)


def test_files_are_compared_on_the_rows_of_today(models: Any, project: Path, mlbuild: Command) -> None:
    found = told(mlbuild, "old/trees", "new/trees/model.onnx")
    assert (found["today"], found["why"], found["changes"]) == (True, None, [])
    (model,), wanted = found["models"], models[1]
    assert {key: model[key] for key in model if key != "metrics"} == {
        key: wanted[key] for key in wanted if key != "metrics"
    }
    by_name = {one["metric"]: one for one in wanted["metrics"]}
    assert {one["metric"] for one in model["metrics"]} == {*by_name}
    for one in model["metrics"]:
        assert one["difference"]["interval"] == pytest.approx(
            by_name[one["metric"]]["difference"]["interval"]
        )
        assert (one["old"], one["new"]) == pytest.approx(
            (by_name[one["metric"]]["old"], by_name[one["metric"]]["new"])
        )
    text = mlbuild("diff", "old/trees", "new/trees").out
    assert text.startswith("old/trees/model.onnx (") and "they have the same inputs and outputs" in text
    assert " labels flip (" in text and "trees: test, " in text and "model.onnx" in text.splitlines()[-1]
    assert mlbuild("diff", "old/trees..new/trees", "--md").out.startswith("## old/trees/model.onnx (")
    assert not (project.parent / "dist").exists(), "nothing is trained or published"


def test_a_file_is_compared_with_what_was_built(project: Path, mlbuild: Command) -> None:
    assert mlbuild("build", "-j", "1", "output:trees").code == OK
    ways = [told(mlbuild, "old/trees", name)["models"] for name in ("dist/trees", "trees", "last")]
    assert ways[0][0]["metrics"] and ways[0] == ways[1] == ways[2]
    assert mlbuild("promote", "trees", "prod").code == OK
    assert told(mlbuild, "old/trees", "prod")["models"] == ways[0]
    assert mlbuild("build", "-j", "1").code == OK
    several = mlbuild("diff", "old/trees", "last")
    assert several.code == USAGE and "has 2 models with the outputs of 'old/trees/model.onnx'" in several.err


def test_other_inputs_are_told(project: Path, mlbuild: Command) -> None:
    found = told(mlbuild, "old/line", "old/trees")
    assert [(one["what"], one["where"], one["was"], one["now"]) for one in found["changes"]] == [
        ("input", "city", None, "string"),
        ("input", "member", None, "bool, nullable"),
    ]
    assert found["today"], "the rows have the inputs of both"


def test_without_rows_the_metrics_next_to_the_files_are_compared(project: Path, mlbuild: Command) -> None:
    edited(project, ("      member: {dtype: bool, nullable: true}\n", ""), (", member]", "]"))
    done = mlbuild("diff", "old/trees", "new/trees")
    assert done.code == OK
    why = "the rows of these metrics can differ; predictions for rows of today are not compared: "
    assert f"{why}'old/trees/model.onnx' needs 'member', which is not an input of output 'trees'" in done.out
    assert "metrics.json: test, " in done.out and "log_loss" in done.out
    project.write_text("mlbuild: 1\n")
    assert "not compared: the spec has errors" in mlbuild("diff", "old/trees", "new/trees").out
    for name in ("old", "new"):
        (project.parent / name / "trees/metrics.json").write_text('{"metrics": {"test": [1]}}')
    done = mlbuild("diff", "old/trees", "new/trees")
    assert done.code == OK and "predictions for rows of today are not compared" in done.out


def test_what_is_no_model_is_told(project: Path, mlbuild: Command) -> None:
    (project.parent / "bad.onnx").write_bytes(b"no model")
    done = mlbuild("diff", "old/trees", "bad.onnx")
    assert done.code == USAGE and "'bad.onnx' was not written by mlbuild" in done.err
    refused = mlbuild("diff", "old/trees", "new/trees", "--data")
    assert refused.code == USAGE and "--model and --data need two recorded builds" in refused.err
