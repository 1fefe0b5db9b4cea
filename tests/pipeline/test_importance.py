"""The importance of inputs, from the spec to importance.json."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score

from mlbuild import api
from mlbuild.engine.execution.events import BuildResult
from tests.pipeline.stored import encoded, stored
from tests.projects import DELAYS, after, built, delays, one_model


def told(folder: Path, output: str = "late") -> Any:
    return json.loads((folder / f"dist/{output}/importance.json").read_text())


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, BuildResult]:
    folder = tmp_path_factory.mktemp("importance")
    return folder, built(delays(folder, every=60))


def column(project: tuple[Path, BuildResult], name: str) -> pl.Series:
    """Return a column of the validation rows."""
    return stored(*project, "departures", f"valid/{name}")


def order(names: list[str], rows: int) -> Any:
    """Return the order that follows from names alone."""
    digest = hashlib.sha256("\0".join(sorted(names)).encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "big"))).permutation(rows)


def test_it_is_what_the_published_file_loses(project: tuple[Path, BuildResult]) -> None:
    """Shuffle the same rows with numpy, predict them in bare onnxruntime, and measure them with scikit-learn."""
    found = told(project[0])
    session = onnxruntime.InferenceSession(project[0] / "dist/late/model.onnx")
    names = [one.name for one in session.get_inputs()]
    assert (found["split"], found["metric"]) == ("valid", "roc_auc")
    assert {*names} == {one["column"] for one in found["columns"]} and found["left_out"] == []
    late = column(project, "late").to_numpy()
    assert found["rows"] == found["of_rows"] == found["clusters"] == len(late)
    used = np.tile(np.arange(len(late)), found["repeats"])
    values = {name: encoded(column(project, name))[used] for name in names}

    def quality(shuffled: list[str]) -> float:
        mixed = {name: values[name][order(shuffled, len(used))] for name in shuffled}
        return float(roc_auc_score(late[used], session.run(None, values | mixed)[1][:, 1]))

    whole = quality([])
    for one in found["columns"]:
        assert one["importance"] == pytest.approx(whole - quality([one["column"]]), abs=1e-9)
        low, high = one["interval"]
        assert low <= one["importance"] <= high
    assert found["all"]["importance"] == pytest.approx(whole - quality(names), abs=1e-9)
    assert [one["importance"] for one in found["columns"]] == sorted(
        (one["importance"] for one in found["columns"]), reverse=True
    )
    units = 1 + len(found["columns"]) + len(found["groups"])
    assert found["predicted_rows"] == (1 + units) * len(used)


def test_what_one_join_found_is_a_group(project: tuple[Path, BuildResult]) -> None:
    groups = {tuple(one["columns"]): one["because"] for one in told(project[0])["groups"]}
    assert groups == {("plane_year", "plane_seats"): "join"}


def test_the_gain_is_that_of_the_inputs(project: tuple[Path, BuildResult]) -> None:
    """One input gives several columns of the matrix, and a column of the matrix can need two inputs."""
    gain = {tuple(one["inputs"]): one["share"] for one in told(project[0])["gain"]}
    names = {one["column"] for one in told(project[0])["columns"]}
    assert {*gain} == {*((name,) for name in names), ("distance", "plane_seats")}
    assert sum(gain.values()) == pytest.approx(1)
    assert [*gain.values()] == sorted(gain.values(), reverse=True)


def test_another_number_of_rows_trains_nothing(project: tuple[Path, BuildResult], tmp_path: Path) -> None:
    file = delays(tmp_path)
    every = built(file)
    file.write_text(DELAYS.replace("late: {model: late}", "late: {model: late, importance: {rows: 50}}"))
    assert {*built(file).ran} == after(file, "importance:late")
    assert told(tmp_path)["rows"] == 50 < told(tmp_path)["of_rows"]
    file.write_text(DELAYS.replace("late: {model: late}", "late: {model: late, importance: false}"))
    assert {*built(file).ran} == {"report:late", "publish:late"}
    assert not (tmp_path / "dist/late/importance.json").exists()
    file.write_text(DELAYS)
    assert built(file).restored == ("publish:late",) and every.ok


ROWS = "x,double,size,seen,kind,y\n" + "".join(
    f"{x},{2 * x + x % 3},{size},{'' if size % 7 == 0 else size % 5},{'ab'[x % 2]},{3 * x + size % 4}\n"
    for x, size in ((row * 37 % 101, row * 53 % 97) for row in range(240))
)
COLUMNS = "x: int, double: int, size: int, seen: {dtype: int, nullable: true}, kind: string, y: int"
LINEAR = (
    "type: sklearn.linear_regression, features: [x, double, size, seen, kind], target: y, preprocessing: "
    "[{op: impute, columns: [seen], strategy: mean}, {op: one_hot, columns: kind}]"
)


def one(folder: Path, model: str = LINEAR, rows: str = ROWS, columns: str = COLUMNS) -> Path:
    file = one_model(folder, columns, rows, model)
    file.write_text(file.read_text().replace("{type: random}", "{type: random, valid: 0.4}"))
    return file


def test_columns_with_similar_ranks_are_a_group(tmp_path: Path) -> None:
    built(one(tmp_path))
    found = told(tmp_path, "one")
    assert [(one["columns"], one["because"]) for one in found["groups"]] == [(["x", "double"], "correlation")]
    assert found["metric"] == "root_mean_squared_error" and found["gain"] == []
    assert found["columns"][0]["column"] in ("x", "double")


@pytest.mark.parametrize(
    ("split", "used"),
    [
        ("{type: random, valid: 0.2, test: 0.3}", "valid"),
        ("{type: random, valid: 0, test: 0.3}", "test"),
    ],
)
def test_the_test_rows_are_used_only_if_there_are_no_others(split: str, used: str, tmp_path: Path) -> None:
    file = one_model(tmp_path, COLUMNS, ROWS, LINEAR)
    file.write_text(file.read_text().replace("{type: random}", split))
    built(file)
    assert told(tmp_path, "one")["split"] == used


def test_without_such_rows_there_is_nothing_to_measure(tmp_path: Path) -> None:
    file = one_model(tmp_path, COLUMNS, ROWS, LINEAR)
    file.write_text(file.read_text().replace("{type: random}", "{type: random, valid: 0, test: 0}"))
    built(file)
    found = told(tmp_path, "one")
    assert (found["rows"], found["columns"], found["findings"]) == (0, [], [])


def test_a_metric_without_standard_error_is_not_used(tmp_path: Path) -> None:
    metrics = "metrics: [max_error, bias, mean_absolute_error]"
    built(one(tmp_path, f"{LINEAR}, {metrics}"))
    assert told(tmp_path, "one")["metric"] == "bias"


def test_a_warning_can_be_an_error(tmp_path: Path) -> None:
    """`size` has no effect on the target, and the model knows it."""
    rows = "x,size,y\n" + "".join(f"{row % 50},{row * 53 % 97},{3 * (row % 50)}\n" for row in range(2000))
    model = "type: sklearn.linear_regression, features: [x, size], target: y"
    file = one(tmp_path, f"{model}, metrics: [mean_squared_error]", rows, "x: int, size: int, y: int")
    built(file)
    (finding,) = told(tmp_path, "one")["findings"]
    assert (finding["code"], finding["message"].rpartition(": ")[2]) == ("useless-column", "'size'")
    file.write_text(file.read_text() + "warnings: {useless-column: error}\n")
    result = api.build(api.load(file), threads=1)
    assert [(name, failure.kind) for name, failure in result.failures.items()] == [("importance:one", "gate")]
    assert "publish:one" in result.blocked
