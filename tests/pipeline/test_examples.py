"""The examples of an output: a few rows with the answers of its artifact, in examples.json."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import polars as pl
import pytest

from mlbuild.process.machine import cpu
from tests.projects import DELAYS, built, delays


def told(folder: Path) -> Any:
    return json.loads((folder / "dist/late/examples.json").read_text())


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("examples")
    built(delays(folder))
    return folder


def feed(folder: Path, rows: list[dict[str, Any]]) -> dict[str, np.ndarray[Any, Any]]:
    """Return rows as inputs of the artifact, by its contract."""
    found = {}
    for one in json.loads((folder / "dist/late/contract.json").read_text())["inputs"]:
        values = [row[one["name"]] for row in rows]
        if one["dtype"] in ("date", "datetime"):
            array = np.array(values, dtype="datetime64[us]").astype(np.int64)
        elif one["dtype"] == "string":
            array = np.array([one["missing"] if value is None else value for value in values], dtype=object)
        else:
            array = np.array(values, dtype=np.float64)
        found[one["name"]] = array.reshape(-1, 1)
    return found


def test_the_answers_are_those_of_the_file_bit_for_bit(project: Path) -> None:
    model = (project / "dist/late/model.onnx").read_bytes()
    found = told(project)
    assert found["model"] == hashlib.sha256(model).hexdigest()
    assert found["made_by"] == {"onnxruntime": onnxruntime.__version__, "cpu": cpu()}
    examples = found["examples"]
    assert len(examples) == 16
    session = onnxruntime.InferenceSession(model)
    label, probabilities = session.run(None, feed(project, [one["inputs"] for one in examples]))
    for index, one in enumerate(examples):
        low, high = probabilities[index].tolist()
        assert one["outputs"] == {
            "label": label[index, 0],
            "probability_false": low,
            "probability_true": high,
        }
    assert len({one["outputs"]["probability_true"] for one in examples}) > 8


def test_no_example_is_a_row_of_the_data(project: Path) -> None:
    """The values are real ones, but those of a row do not belong together."""
    rows = [one["inputs"] for one in told(project)["examples"]]
    flights = pl.read_parquet(project / "flights.parquet")
    for name in ("carrier", "dest", "distance"):
        assert {row[name] for row in rows} <= {*flights[name]}
    names = ["carrier", "dest", "distance", "sched_dep"]
    real = {*flights.select(names).iter_rows()}
    shown = [(*(row[name] for name in names[:3]), datetime.fromisoformat(row["sched_dep"])) for row in rows]
    assert not real.intersection(shown)


def test_the_last_one_lacks_everything_that_can_be_missing(project: Path) -> None:
    nullable = {
        one["name"]: one["nullable"]
        for one in json.loads((project / "dist/late/contract.json").read_text())["inputs"]
    }
    last = told(project)["examples"][-1]["inputs"]
    assert {name: value is None for name, value in last.items()} == nullable
    assert {*nullable.values()} == {True, False}


def test_private_values_are_not_shown(tmp_path: Path) -> None:
    spec = DELAYS.replace(
        "year: {dtype: int, nullable: true}", "year: {dtype: int, nullable: true, private: true}"
    )
    built(delays(tmp_path, spec.replace("dest: string", "dest: {dtype: string, private: true}")))
    rows = [one["inputs"] for one in told(tmp_path)["examples"]]
    assert {row["dest"] for row in rows} == {""} and {row["plane_year"] for row in rows} == {None}
    assert len({row["carrier"] for row in rows}) > 3


def test_a_new_process_writes_the_same_bytes(project: Path) -> None:
    before = (project / "dist/late/examples.json").read_bytes()
    command = [sys.executable, "-m", "mlbuild", "build", "examples:late", "--force", "--check-determinism"]
    subprocess.run(
        command, cwd=project, check=True, capture_output=True, env={**os.environ, "PYTHONHASHSEED": "7"}
    )
    subprocess.run([*command[:3], "build"], cwd=project, check=True, capture_output=True)
    assert (project / "dist/late/examples.json").read_bytes() == before
