"""The profile of an output, from the spec to profile.json."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import polars as pl
import pytest

from mlbuild.engine.execution.events import BuildResult
from tests.pipeline.stored import encoded, stored
from tests.projects import DELAYS, built, delays

#: The rows of two months are divided by day, so that days are periods.
BY_TIME = DELAYS.replace(
    "split: {type: hash, key: [tailnum, time_hour], valid: 0.2, test: 0.2}",
    "split: {type: time, column: time_hour, valid_from: 2013-09-01, test_from: 2013-11-01}",
)


def told(folder: Path) -> Any:
    return json.loads((folder / "dist/late/profile.json").read_text())


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, BuildResult]:
    folder = tmp_path_factory.mktemp("profile")
    return folder, built(delays(folder, every=20))


def column(project: tuple[Path, BuildResult], name: str) -> pl.Series:
    """Return a column of the training rows."""
    return stored(*project, "departures", f"train/{name}")


def test_inputs_are_counted_in_their_bins(project: tuple[Path, BuildResult]) -> None:
    found = told(project[0])
    model = (project[0] / "dist/late/model.onnx").read_bytes()
    assert found["model"] == hashlib.sha256(model).hexdigest()
    inputs = [one for one in found["columns"] if one["role"] == "input"]
    assert {one["name"] for one in inputs} == {
        one.name for one in onnxruntime.InferenceSession(model).get_inputs()
    }
    for one in inputs:
        values = column(project, one["name"])
        assert found["rows"] == sum(one["counts"]) == len(values)
        assert one["counts"][-1] == values.null_count()
        if one["dtype"] == "string":
            names = one["texts"]["values"]
            counted = dict(values.drop_nulls().value_counts().iter_rows())
            assert one["counts"][:-2] == [counted[name] for name in names]
        else:
            numbers = values.drop_nulls()
            if numbers.dtype.is_temporal():
                numbers = numbers.cast(pl.Datetime("us")).cast(pl.Int64)
            edges = one["numbers"]["edges"]
            assert edges[0] == numbers.min() and edges[-1] == numbers.max()
            assert one["mean"] == pytest.approx(numbers.cast(pl.Float64).mean())
            assert one["sd"] == pytest.approx(numbers.cast(pl.Float64).std())
            for low, high, count in zip(edges[:-2], edges[1:-1], one["counts"][1:-3], strict=True):
                assert count == ((numbers >= low) & (numbers < high)).sum()
            assert one["counts"][0] == one["counts"][-2] == 0


def test_outputs_are_those_of_the_published_file(project: tuple[Path, BuildResult]) -> None:
    session = onnxruntime.InferenceSession(project[0] / "dist/late/model.onnx")
    feed = {one.name: encoded(column(project, one.name)) for one in session.get_inputs()}
    label, probabilities = session.run(None, feed)
    outputs = {one["name"]: one for one in told(project[0])["columns"] if one["role"] == "output"}
    assert [*outputs] == ["label", "probability_true"]
    expected = {"false": int((~label).sum()), "true": int(label.sum())}
    named = dict(zip(outputs["label"]["texts"]["values"], outputs["label"]["counts"], strict=False))
    assert named == expected
    score = outputs["probability_true"]
    assert score["mean"] == pytest.approx(probabilities[:, 1].mean())
    inner = np.histogram(probabilities[:, 1], score["numbers"]["edges"])[0]
    assert score["counts"][1:-2] == inner.tolist()


def test_a_random_split_has_no_periods(project: tuple[Path, BuildResult]) -> None:
    assert "periods" not in told(project[0])


def test_rows_in_order_of_time_are_also_counted_by_day(tmp_path: Path) -> None:
    """Every tenth row leaves too few a day; with all of them, days have enough."""
    result = built(delays(tmp_path, BY_TIME, every=1))
    found, project = told(tmp_path), (tmp_path, result)
    periods = found["periods"]
    assert (periods["column"], periods["length"], len(periods["starts"])) == ("time_hour", "1d", 64)
    days = column(project, "time_hour").cast(pl.Int64).to_numpy() // 86_400_000_000
    assert periods["rows"] == [int((days == start // 86_400_000_000).sum()) for start in periods["starts"]]
    assert min(periods["rows"]) >= 600
    for one in found["columns"]:
        counts = np.array(one["periods"])
        assert counts.sum(axis=1).tolist() == periods["rows"]
    carriers = next(one for one in found["columns"] if one["name"] == "carrier")
    first = carriers["texts"]["values"][0]
    of_day = column(project, "carrier").to_numpy()[days == periods["starts"][5] // 86_400_000_000]
    assert carriers["periods"][5][0] == (of_day == first).sum()


def test_rows_without_a_time_are_in_no_period(tmp_path: Path) -> None:
    """The clusters of a random split can be periods of a column with missing values."""
    spec = DELAYS.replace(
        "split: {type: hash, key: [tailnum, time_hour], valid: 0.2, test: 0.2}",
        "split: {type: random, valid: 0.05, test: 0.05}\n    cluster: {column: arrived, every: 1d}",
    ).replace(
        "late: arr_delay > 15",
        "late: arr_delay > 15\n          arrived: CASE WHEN arr_delay < 60 THEN time_hour END",
    )
    result = built(delays(tmp_path, spec, every=1))
    assert result.ok
    found, project = told(tmp_path), (tmp_path, result)
    arrived = column(project, "arrived").drop_nulls().cast(pl.Int64).to_numpy() // 86_400_000_000
    assert arrived.size < found["rows"]
    days = [start // 86_400_000_000 for start in found["periods"]["starts"]]
    assert found["periods"]["rows"] == [int((arrived == day).sum()) for day in days]


def test_private_values_are_not_in_it(tmp_path: Path) -> None:
    spec = DELAYS.replace(
        "tailnum: {dtype: string, nullable: true}", "tailnum: {dtype: string, nullable: true, private: true}"
    )
    spec = spec.replace("dest: string", "dest: {dtype: string, private: true}")
    spec = spec.replace(
        "year: {dtype: int, nullable: true}", "year: {dtype: int, nullable: true, private: true}"
    )
    built(delays(tmp_path, spec))
    columns = {one["name"]: one for one in told(tmp_path)["columns"]}
    private = columns["dest"]
    assert private.keys() == {"name", "role", "dtype", "counts", "mean", "sd"}
    assert private["mean"] is None and len(private["counts"]) == 2
    assert columns["plane_year"].keys() == private.keys(), "also of another table"


def test_private_times_make_no_periods(tmp_path: Path) -> None:
    private = BY_TIME.replace("time_hour: datetime", "time_hour: {dtype: datetime, private: true}")
    built(delays(tmp_path, private, every=1))
    assert "periods" not in told(tmp_path)


def test_a_change_of_the_learner_leaves_the_inputs_as_they_are(project: tuple[Path, BuildResult]) -> None:
    before = told(project[0])
    file = project[0] / "mlbuild.yaml"
    text = file.read_text()
    file.write_text(text.replace("num_leaves: 15", "num_leaves: 6"))
    assert file.read_text() != text
    built(file)
    after = told(project[0])
    file.write_text(text)
    kept = [[one for one in part["columns"] if one["role"] == "input"] for part in (before, after)]
    assert kept[0] == kept[1] and before["model"] != after["model"]
