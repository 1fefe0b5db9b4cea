"""`POST /predict/MODEL` answers records and CSV files as the model does, and says what is wrong with others."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from mlbuild.moments import parse_moment
from tests.serving.rides import RIDE, TRIP, ride
from tests.serving.servers import Server

PATH = "/predict/fare"


def alone(project: Path, output: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the outputs of onnxruntime for rows, each in a batch of its own."""
    session = onnxruntime.InferenceSession(project / f"dist/{output}/model.onnx")
    missing = {"tensor(double)": np.nan, "tensor(int64)": -(2**63), "tensor(string)": ""}
    kinds = {"tensor(double)": float, "tensor(int64)": np.int64, "tensor(string)": object}
    found: list[Any] = []
    for row in rows:
        feed = {}
        for given in session.get_inputs():
            value = row[given.name]
            if value is None:
                value = missing[given.type]
            elif given.type == "tensor(int64)":
                value = parse_moment(value)
            feed[given.name] = np.array([[value]], dtype=kinds[given.type])
        found.append(session.run(None, feed))
    names = [output.name for output in session.get_outputs()]
    return {name: np.concatenate([one[place] for one in found]) for place, name in enumerate(names)}


def test_a_record_is_answered_as_the_model_does(server: Server, project: Path) -> None:
    told = server.ask(PATH, RIDE).told
    wanted = alone(project, "fare", [RIDE])["prediction"][0, 0]
    assert told.keys() == {"model", "digest", "rows", "violations"}
    assert (told["model"], told["rows"], told["violations"]) == ("fare", [{"prediction": wanted}], [])
    certificate = json.loads((project / "dist/fare/parity.json").read_text())
    assert told["digest"] == f"sha256:{certificate['model']}"


def test_classes_have_their_names(server: Server, project: Path) -> None:
    (row,) = server.ask("/predict/zone", TRIP).told["rows"]
    wanted = alone(project, "zone", [TRIP])
    assert row["label"] == wanted["label"][0, 0]
    assert [*row["probabilities"]] == ["north", "south", "öst"]
    assert [*row["probabilities"].values()] == wanted["probabilities"][0].tolist()


@pytest.mark.parametrize("count", [0, 1, 2, 64, 65, 900])
def test_every_form_of_many_rows_has_the_same_answers(server: Server, project: Path, count: int) -> None:
    chance = random.Random(count)
    rows = [{name: value for name, value in ride(chance).items() if name in RIDE} for _ in range(count)]
    wanted = alone(project, "fare", rows)["prediction"].ravel().tolist() if rows else []
    listed = server.ask(PATH, rows).told
    assert [row["prediction"] for row in listed["rows"]] == wanted
    assert server.ask(PATH, {"rows": rows}).told == listed
    table = server.ask(PATH, csv(rows), content_type="text/csv; charset=utf-8")
    assert table.told == listed
    assert server.ask(PATH, b"\xef\xbb\xbf" + csv(rows), content_type="text/csv").told == listed


def csv(rows: list[dict[str, Any]]) -> bytes:
    names = [*reversed(RIDE)]
    lines = [",".join(names)]
    for row in rows:
        values = ["" if row[name] is None else str(row[name]) for name in names]
        lines.append(",".join('"' + value.replace('"', '""') + '"' for value in values))
    return "\r\n".join(lines).encode() + b"\r\n"


BAD_VALUES: dict[str, tuple[str, Any, str]] = {
    "string for a float": ("km", "1", "'km' in row 1 must be a number or null, not the string '1'"),
    "boolean for a float": ("km", True, "'km' in row 1 must be a number or null, not true"),
    "list for a float": ("km", [1.0], "'km' in row 1 must be a number or null, not a list"),
    "object for a float": ("km", {}, "'km' in row 1 must be a number or null, not an object"),
    "too large a float": ("km", 10**400, "'km' in row 1 must be a number that a 64-bit float can hold"),
    "string for an int": ("stops", "1", "'stops' in row 1 must be an integer, not the string '1'"),
    "boolean for an int": ("stops", True, "'stops' in row 1 must be an integer, not true"),
    "fraction for an int": ("stops", 1.7, "'stops' in row 1 must be an integer, not 1.7"),
    "null for an int": ("stops", None, "'stops' in row 1 must not be missing"),
    "too large an int": (
        "stops",
        2**53 + 1,
        "'stops' in row 1 must be between -2^53 and 2^53, as an integer beyond is not exact in the model",
    ),
    "number for a boolean": ("shared", 1, "'shared' in row 1 must be true or false, not 1"),
    "string for a boolean": (
        "shared",
        "true",
        "'shared' in row 1 must be true or false, not the string 'true'",
    ),
    "number for a string": ("zone", 3, "'zone' in row 1 must be a string, not 3"),
    "null for a string": ("zone", None, "'zone' in row 1 must not be missing"),
    "empty string": ("zone", "", "'zone' in row 1 must not be missing"),
    "end of a string": (
        "note",
        "a\0b",
        "'note' in row 1 contains the character U+0000, which ends a string in an artifact",
    ),
    "number for a date": ("day", 20240229, "'day' in row 1 must be a date such as 2013-10-01, not 20240229"),
    "no day": ("day", "2023-02-29", "'day' in row 1 must be a date such as 2013-10-01, not '2023-02-29'"),
    "time of a date": (
        "day",
        "2024-02-29T01:00",
        "'day' in row 1 must be a date such as 2013-10-01, not '2024-02-29T01:00'",
    ),
    "no time": (
        "start",
        "noon",
        "'start' in row 1 must be a datetime such as 2013-10-01T05:00:00 or null, not 'noon'",
    ),
}


@pytest.mark.parametrize(("column", "value", "message"), BAD_VALUES.values(), ids=list(BAD_VALUES))
def test_values_that_a_column_does_not_have(server: Server, column: str, value: Any, message: str) -> None:
    answer = server.ask(PATH, [RIDE, RIDE | {column: value}])
    rule = "nullable" if "missing" in message else "dtype"
    assert (answer.status, answer.told) == (
        400,
        {"error": message, "row": 1, "column": column, "rule": rule},
    )


@pytest.mark.parametrize(
    "body", [b"", b"{'zone': 1}", b'{"zone": "\xff"}', b'{"km": NaN}', b'{"km": 1e400}', b"[1,]"]
)
def test_bodies_that_are_not_json(server: Server, body: bytes) -> None:
    answer = server.ask(PATH, body)
    assert (answer.status, [*answer.told]) == (400, ["error"])
    assert answer.told["error"].startswith("the body is not JSON: ")


def test_an_integer_can_be_written_as_a_float(server: Server) -> None:
    assert server.ask(PATH, RIDE | {"stops": 2.0}).told == server.ask(PATH, RIDE).told


WITHOUT_KM = {name: value for name, value in RIDE.items() if name != "km"}
WITHOUT_ZONE = {name: value for name, value in RIDE.items() if name != "zone"}
BAD_BODIES: dict[str, tuple[bytes | Any, dict[str, Any]]] = {
    "deep": (b"[" * 100_000, {"error": "the body is nested too deeply"}),
    "a number": (b"7", {"error": "the body must be an object or a list, not 7"}),
    "null": (b"null", {"error": "the body must be an object or a list, not null"}),
    "a list of numbers": ([RIDE, 7], {"error": "row 1 must be an object, not 7", "row": 1}),
    "a list of lists": ([[1, 2]], {"error": "row 0 must be an object, not a list", "row": 0}),
    "more than rows": ({"rows": [], "row": 1}, {"error": "unknown key 'row' next to 'rows'"}),
    "an unknown column": (
        RIDE | {"kmh": 1},
        {
            "error": "unknown column 'kmh' of row 0: did you mean 'km'?",
            "row": 0,
            "column": "kmh",
            "rule": "unknown",
        },
    ),
    "a missing column that can be null": (
        [RIDE, WITHOUT_KM],
        {
            "error": "column 'km' of row 1 is missing: send null if its value is not known",
            "row": 1,
            "column": "km",
            "rule": "missing",
        },
    ),
    "a missing column": (
        {"rows": [WITHOUT_ZONE]},
        {"error": "column 'zone' of row 0 is missing", "row": 0, "column": "zone", "rule": "missing"},
    ),
    "an empty record": (
        {},
        {"error": "column 'zone' of row 0 is missing", "row": 0, "column": "zone", "rule": "missing"},
    ),
}


@pytest.mark.parametrize(("body", "told"), BAD_BODIES.values(), ids=list(BAD_BODIES))
def test_bodies_that_are_no_records(server: Server, body: Any, told: dict[str, Any]) -> None:
    answer = server.ask(PATH, body)
    assert (answer.status, answer.told) == (400, told)


GOOD_LINE = "north,,12.5,2,true,2024-02-29,2024-02-29T08:30:00"
HEADER = ",".join(RIDE)
BAD_TABLES: dict[str, tuple[str | bytes, dict[str, Any]]] = {
    "nothing": ("", {"error": "the body has no header with the names of the columns"}),
    "no UTF-8": (b"zone\n\xff\n", {"error": "the body is not UTF-8 at byte 5"}),
    "an open quote": (f'{HEADER}\n"north', {"error": "the body is not CSV: unexpected end of data"}),
    "too few fields": (
        f"{HEADER}\nnorth,,1\n",
        {"error": "row 0 has 3 fields, but the header has 7", "row": 0},
    ),
    "a column twice": (
        f"{HEADER},km\n{GOOD_LINE},1\n",
        {"error": "column 'km' is there twice", "column": "km", "rule": "duplicate"},
    ),
    "no column": ("km\n1\n", {"error": "column 'zone' is missing", "column": "zone", "rule": "missing"}),
    "an unknown column": (
        f"{HEADER},weight\n{GOOD_LINE},1\n",
        {"error": "unknown column 'weight'", "column": "weight", "rule": "unknown"},
    ),
    "no number": (
        f"{HEADER}\n{GOOD_LINE}\n{GOOD_LINE.replace('12.5', '12,5')}\n".replace("12,5", "1 2"),
        {
            "error": "'km' in row 1 must be a number, not '1 2'",
            "row": 1,
            "column": "km",
            "rule": "dtype",
        },
    ),
    "no integer": (
        f"{HEADER}\n{GOOD_LINE.replace(',2,', ',2.5,')}\n",
        {
            "error": "'stops' in row 0 must be an integer, not '2.5'",
            "row": 0,
            "column": "stops",
            "rule": "dtype",
        },
    ),
    "no boolean": (
        f"{HEADER}\n{GOOD_LINE.replace('true', '1')}\n",
        {
            "error": "'shared' in row 0 must be true or false, not '1'",
            "row": 0,
            "column": "shared",
            "rule": "dtype",
        },
    ),
    "a missing integer": (
        f"{HEADER}\n{GOOD_LINE.replace(',2,', ',,')}\n",
        {"error": "'stops' in row 0 must not be missing", "row": 0, "column": "stops", "rule": "nullable"},
    ),
}


@pytest.mark.parametrize(("body", "told"), BAD_TABLES.values(), ids=list(BAD_TABLES))
def test_tables_that_are_not_of_the_model(server: Server, body: str | bytes, told: dict[str, Any]) -> None:
    sent = body if isinstance(body, bytes) else body.encode()
    answer = server.ask(PATH, sent, content_type="text/csv")
    assert (answer.status, answer.told) == (400, told)


def test_paths_and_methods_that_do_not_exist(server: Server) -> None:
    for path in ("/predict/other", "/predict", "/predict/fare/", "/..", "/%2e%2e/etc/passwd"):
        answer = server.ask(path, RIDE)
        assert answer.status == 404 and answer.told["error"].startswith("there is nothing at '/")
    answer = server.ask(PATH)
    assert (answer.status, answer.headers["allow"]) == (405, "POST")
    assert answer.told == {"error": "'/predict/fare' only allows POST"}
    assert server.ask("/v2/health/live", method="HEAD").body == b""
