"""Answering the rows of a log again: every answer has the same bits, and what cannot be compared is told."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from mlbuild.bundle.opened import Opened
from mlbuild.monitoring.log import files_of
from mlbuild.serving.replay.skew import Skew, records_in, skew_of
from tests.projects import built, one_model
from tests.serving.rides import RIDE, TRIP, ride
from tests.serving.servers import served

FARE, ZONE = "/predict/fare", "/predict/zone"


def records(folder: Path) -> list[dict[str, Any]]:
    return [one for file in files_of(folder) for one in records_in(file.read_bytes())]


def replayed(lines: Sequence[dict[str, Any]], *models: Path) -> Skew:
    opened = [Opened(folder / "model.onnx") for folder in models]
    return skew_of(lines, {one.digest: one for one in opened}.get)


@pytest.fixture(scope="module")
def logged(project: Path, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Rows of both models that a server answered, alone and in batches."""
    folder, chance = tmp_path_factory.mktemp("log"), random.Random(3)
    rows = [{name: value for name, value in ride(chance).items() if name != "fare"} for _ in range(60)]
    rows += [RIDE | {"km": 1e300, "day": "9999-12-31", "start": "0001-01-01T00:00:00.000001"}]
    rows += [RIDE | {"zone": "elsewhere", "km": -0.0, "note": "ünknown", "stops": 2**53}]
    with served(project, "--log", str(folder)) as server:
        for start in range(0, len(rows), 20):
            assert server.ask(FARE, rows[start : start + 20]).status == 200
        assert server.ask(FARE, rows[0]).status == 200
        assert server.ask(ZONE, [TRIP, TRIP | {"km": None, "start": "2024-03-05T11:15:00.25"}]).status == 200
        server.stop()
    found = records(folder)
    assert len(found) == 65
    return found


def test_a_model_gives_the_logged_answers_again(project: Path, logged: list[dict[str, Any]]) -> None:
    found = replayed(logged, project / "dist/fare", project / "dist/zone")
    assert (found.rows, found.different, found.outputs, found.examples) == (65, 0, {}, ())
    assert (found.absent, found.withheld, found.unfit, found.shares) == ({}, 0, 0, ())


def test_infinite_numbers_are_given_again(tmp_path: Path) -> None:
    rows = "x,z,y\n" + "".join(f"{i},{i * i % 5},{i * 3 % 7}\n" for i in range(9))
    learner = "type: sklearn.linear_regression, features: [x, z], target: y"
    built(one_model(tmp_path, "x: {dtype: float, finite: false}, z: float, y: float", rows, learner))
    with served(tmp_path, "--log", "log") as server:
        assert (
            server.ask("/predict/one", b"x,z\ninf,1\n-inf,1\n1e308,2\n", content_type="text/csv").status
            == 200
        )
        server.stop()
    found = records(tmp_path / "log")
    assert {found[0]["outputs"]["prediction"], found[1]["outputs"]["prediction"]} == {"inf", "-inf"}
    assert (
        replayed(found, tmp_path / "dist/one").rows,
        replayed(found, tmp_path / "dist/one").different,
    ) == (3, 0)
    found[0]["outputs"]["prediction"] = None
    assert replayed(found, tmp_path / "dist/one").outputs == {"prediction": 1}


def changed(record: dict[str, Any], side: str, **values: Any) -> dict[str, Any]:
    return record | {side: record[side] | values}


def test_the_last_bit_of_an_answer_counts(project: Path, logged: list[dict[str, Any]]) -> None:
    fares = [one for one in logged if "prediction" in one["outputs"]]
    (value,) = fares[7]["outputs"].values()
    fares[7] = changed(fares[7], "outputs", prediction=math.nextafter(value, math.inf))
    found = replayed(fares, project / "dist/fare")
    assert (found.different, found.outputs) == (1, {"prediction": 1})
    assert found.largest == {"prediction": pytest.approx(math.ulp(value))}
    (one,) = found.examples
    assert (one.id, one.row, one.output) == (fares[7]["id"], fares[7]["row"], "prediction")
    assert (one.logged, one.answered) == (math.nextafter(value, math.inf), value)


def test_each_output_of_a_row_counts_once(project: Path, logged: list[dict[str, Any]]) -> None:
    trips = [one for one in logged if "label" in one["outputs"]]
    wrong = changed(trips[0], "outputs", label="nowhere", probability_north=0.5)
    found = replayed([wrong, trips[1]], project / "dist/zone")
    assert (found.rows, found.different) == (2, 1)
    assert found.outputs == {"label": 1, "probability_north": 1}
    assert [one.logged for one in found.examples] == ["nowhere", 0.5]
    asked = replayed([changed(trips[0], "inputs", km=59.0, fare=3.0)], project / "dist/zone")
    assert asked.different == 1, "other inputs have other answers"


def test_what_cannot_be_compared_is_counted(project: Path, logged: list[dict[str, Any]]) -> None:
    first, *_ = fares = [one for one in logged if "prediction" in one["outputs"]]
    without = [{**one, "inputs": {"km": 1.0}} for one in fares[:2]]
    unfit = [
        changed(first, "inputs", km="far"),
        changed(first, "inputs", stops=1.5),
        changed(first, "inputs", day="soon"),
        changed(first, "outputs", prediction="high"),
        changed(first, "outputs", prediction=[1]),
        changed(first, "outputs", prediction=10**400),
        changed(first, "outputs", other=1.0),
    ]
    others = [first | {"model": "f" * 64}] * 3
    found = replayed([*without, *unfit, *others, first | {"share": 0.25}], project / "dist/fare")
    assert (found.rows, found.different, found.unfit, found.withheld) == (1, 0, len(unfit), 2)
    assert found.columns == ("day", "note", "shared", "start", "stops", "zone")
    assert (found.absent, found.shares) == ({"f" * 64: 3}, (0.25,))


def test_outputs_that_are_not_logged_are_not_compared(project: Path, logged: list[dict[str, Any]]) -> None:
    trips = [one for one in logged if "label" in one["outputs"]]
    for one in trips:
        one = {**one, "outputs": {name: value for name, value in one["outputs"].items() if name != "label"}}
        assert replayed([one], project / "dist/zone").rows == 1
    nothing = replayed([{**trips[0], "outputs": {}}], project / "dist/zone")
    assert (nothing.rows, nothing.withheld, nothing.columns) == (0, 1, ())


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b'{"model": "d',
        b"[1]",
        b"[" * 5_000,
        b"\xff\x00",
        json.dumps({"model": 1, "id": "a", "row": 0, "inputs": {}, "outputs": {}}).encode(),
        json.dumps({"model": "d", "id": "a", "row": True, "inputs": {}, "outputs": {}}).encode(),
        json.dumps({"model": "d", "id": "a", "row": 0, "inputs": []}).encode(),
    ],
)
def test_a_line_that_is_no_record_is_skipped(line: bytes) -> None:
    record = {"model": "d", "id": "a", "row": 0, "inputs": {}, "outputs": {"x": 1}}
    whole = json.dumps(record).encode()
    assert [*records_in(b"\n".join([whole, line, whole, line]))] == [record, record]


def test_many_rows_are_answered_in_blocks(
    project: Path, logged: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mlbuild.serving.replay.skew._AT_ONCE", 7)
    monkeypatch.setattr("mlbuild.serving.replay.skew._KEPT", 2)
    fares = [one for one in logged if "prediction" in one["outputs"]]
    wrong = [changed(one, "outputs", prediction=1.0) for one in fares[:5]]
    found = replayed([*fares, *wrong, *logged[-2:]], project / "dist/fare", project / "dist/zone")
    assert (found.rows, found.different, len(found.examples)) == (len(fares) + 7, 5, 2)
