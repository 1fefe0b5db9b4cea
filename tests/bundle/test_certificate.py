"""The certificate says what was compared, and with which tools."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import onnxruntime
import pytest

from tests.projects import built, one_model


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a published output."""
    folder = tmp_path_factory.mktemp("project")
    rows = "x,y\n" + "".join(f"{i},{i * 3 % 7}\n" for i in range(9))
    built(
        one_model(
            folder,
            "x: float, y: float",
            rows,
            "type: sklearn.linear_regression, features: [x], target: y",
        )
    )
    return folder / "dist/one"


def test_it_names_the_bytes_of_the_model(published: Path) -> None:
    certificate = json.loads((published / "parity.json").read_text())
    assert certificate["model"] == hashlib.sha256((published / "model.onnx").read_bytes()).hexdigest()


def test_it_says_which_onnxruntime_answered(published: Path) -> None:
    certificate = json.loads((published / "parity.json").read_text())
    assert certificate["onnxruntime"] == onnxruntime.__version__
