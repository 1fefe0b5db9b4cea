"""`predict` answers rows of a file, and says what is wrong with a file in words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.running import Command
from tests.projects import built, one_model

MODEL = "dist/one/model.onnx"


@pytest.fixture
def model(mlbuild: Command) -> Path:
    """A line through a few points, built in the folder of the test."""
    rows = "x,y\n" + "".join(f"{i},{i * 3 % 7}\n" for i in range(9))
    built(
        one_model(
            mlbuild.folder,
            "x: float, y: float",
            rows,
            "type: sklearn.linear_regression, features: [x], target: y",
        )
    )
    return mlbuild.folder / MODEL


def test_answers_that_are_no_finite_numbers_are_null_in_json(mlbuild: Command, model: Path) -> None:
    (mlbuild.folder / "rows.csv").write_text("x,z\n1,a\ninf,b\n,c\n")
    done = mlbuild("predict", MODEL, "rows.csv", "--json")
    assert done.code == 0
    first, *others = json.loads(done.out)["rows"]
    assert isinstance(first["prediction"], float)
    assert others == [{"prediction": None}] * 2


def test_answers_go_into_a_file(mlbuild: Command, model: Path) -> None:
    (mlbuild.folder / "rows.csv").write_text("x\n1\n")
    done = mlbuild("predict", MODEL, "rows.csv", "-o", "answers.csv", "--json")
    assert json.loads(done.out)["file"] == "answers.csv"
    assert (mlbuild.folder / "answers.csv").read_text().startswith("prediction\n")


def test_a_file_that_cannot_be_written(mlbuild: Command, model: Path) -> None:
    (mlbuild.folder / "rows.csv").write_text("x\n1\n")
    done = mlbuild("predict", MODEL, "rows.csv", "-o", "nowhere/answers.csv")
    assert (done.code, done.out) == (2, "")
    assert done.err == "mlbuild: cannot write 'nowhere/answers.csv': no such file or directory\n"


def test_files_that_are_no_model(mlbuild: Command, model: Path) -> None:
    (mlbuild.folder / "rows.csv").write_text("x\n1\n")
    damaged = model.read_bytes().replace(b"CumSum", b"NoSuch")
    for content, told in [
        (b"", "is no ONNX model"),
        (model.read_bytes()[:500], "is no ONNX model"),
        (damaged, "cannot be loaded by onnxruntime "),
    ]:
        (mlbuild.folder / "other.onnx").write_bytes(content)
        done = mlbuild("predict", "other.onnx", "rows.csv")
        assert (done.code, done.out) == (2, "")
        assert done.err.startswith(f"mlbuild: 'other.onnx' {told}")
