"""The Open Inference Protocol: metadata, inference with JSON and with bytes, and requests that are refused."""

from __future__ import annotations

import gzip
import json
import random
import struct
from pathlib import Path
from typing import Any

import pytest

import mlbuild
from mlbuild.moments import parse_moment
from tests.serving.rides import RIDE, TRIP, ride
from tests.serving.servers import Answer, Server
from tests.serving.test_predict import alone

MODEL = "/v2/models/fare"
INFER = f"{MODEL}/infer"
DATATYPES = {
    "zone": "BYTES",
    "note": "BYTES",
    "km": "FP64",
    "stops": "FP64",
    "shared": "FP64",
    "day": "INT64",
    "start": "INT64",
}
NAT = -(2**63)


def inputs(*rows: dict[str, Any]) -> list[dict[str, Any]]:
    """Return rows as tensors with JSON data."""
    return [
        {
            "name": name,
            "shape": [len(rows), 1],
            "datatype": kind,
            "data": [element(name, row[name]) for row in rows],
        }
        for name, kind in DATATYPES.items()
    ]


def element(name: str, value: Any) -> Any:
    if isinstance(value, bool):
        return float(value)
    return parse_moment(value) if DATATYPES[name] == "INT64" and value is not None else value


def changed(name: str, /, **keys: Any) -> dict[str, Any]:
    """Return a request with other keys for one input."""
    return {"inputs": [one | keys if one["name"] == name else one for one in inputs(RIDE)]}


def packed(request: dict[str, Any]) -> tuple[bytes, int]:
    """Return a request with the data of all inputs as bytes, and the length of its JSON."""
    blobs, tensors = [], []
    for one in request["inputs"]:
        rest = {key: value for key, value in one.items() if key != "data"}
        blobs.append(blob(one["datatype"], one["data"]))
        tensors.append(rest | {"parameters": {"binary_data_size": len(blobs[-1])}})
    head = json.dumps(request | {"inputs": tensors}).encode()
    return head + b"".join(blobs), len(head)


def blob(datatype: str, data: list[Any]) -> bytes:
    if datatype == "BYTES":
        texts = [(text or "").encode() for text in data]
        return b"".join(struct.pack("<I", len(text)) + text for text in texts)
    missing = NAT if datatype == "INT64" else float("nan")
    found = [missing if value is None else value for value in data]
    return struct.pack(f"<{len(found)}{'q' if datatype == 'INT64' else 'd'}", *found)


def infer_packed(server: Server, request: dict[str, Any], **headers: str) -> Answer:
    body, length = packed(request)
    return server.ask(INFER, body, inference_header_content_length=str(length), **headers)


def test_metadata(server: Server, project: Path) -> None:
    told = {"name": "mlbuild", "version": mlbuild.__version__, "extensions": ["binary_tensor_data"]}
    assert server.ask("/v2").told == server.ask("/v2/").told == told
    certificate = json.loads((project / "dist/zone/parity.json").read_text())
    version = certificate["model"][:12]
    told = server.ask("/v2/models/zone").told
    assert told == {
        "name": "zone",
        "versions": [version],
        "platform": "onnx_onnxv1",
        "inputs": [
            {"name": "km", "datatype": "FP64", "shape": [-1, 1]},
            {"name": "fare", "datatype": "FP64", "shape": [-1, 1]},
            {"name": "start", "datatype": "INT64", "shape": [-1, 1]},
        ],
        "outputs": [
            {"name": "label", "datatype": "BYTES", "shape": [-1, 1]},
            {"name": "probabilities", "datatype": "FP64", "shape": [-1, 3]},
        ],
    }
    assert server.ask(f"/v2/models/zone/versions/{version}").told == told
    for place in ("", f"/versions/{version}"):
        found = server.ask(f"/v2/models/zone{place}/ready").told
        assert found.pop("digest").startswith(f"sha256:{version}")
        assert found == {"name": "zone", "ready": True}


def test_health(server: Server) -> None:
    assert server.ask("/v2/health/live").told == {"live": True}
    assert server.ask("/v2/health/ready").told == {"ready": True, "live": True}


@pytest.mark.parametrize("path", ["", "/ready", "/infer"])
def test_other_versions_do_not_exist(server: Server, path: str) -> None:
    body = {"inputs": inputs(RIDE)} if path == "/infer" else None
    answer = server.ask(f"{MODEL}/versions/2{path}", body)
    version = server.ask(MODEL).told["versions"][0]
    message = f"model 'fare' has the version '{version}', not '2'"
    assert (answer.status, answer.told) == (404, {"error": message})
    if body:
        assert server.ask(f"{MODEL}/versions/{version}{path}", body).status == 200


@pytest.mark.parametrize("count", [0, 1, 3, 700])
def test_all_ways_to_send_rows_have_the_same_answers(server: Server, project: Path, count: int) -> None:
    chance = random.Random(count)
    rows = [ride(chance) for _ in range(count)]
    wanted = alone(project, "fare", rows)["prediction"] if rows else None
    request = {"id": "7", "inputs": inputs(*rows)}
    told = server.ask(INFER, request).told
    version = server.ask(MODEL).told["versions"][0]
    assert (told["model_name"], told["model_version"], told["id"]) == ("fare", version, "7")
    (output,) = told["outputs"]
    data = [] if wanted is None else wanted.ravel().tolist()
    assert output == {"name": "prediction", "datatype": "FP64", "shape": [count, 1], "data": data}
    nested = {"inputs": [one | {"data": [[value] for value in one["data"]]} for one in inputs(*rows)]}
    assert server.ask(INFER, nested).told["outputs"] == [output]
    assert infer_packed(server, request).told == told
    pressed = gzip.compress(json.dumps(request).encode())
    assert server.ask(INFER, pressed, content_encoding="gzip").told == told
    nan = {
        "inputs": [
            one
            | {
                "data": [
                    float("nan") if value is None and one["datatype"] == "FP64" else value
                    for value in one["data"]
                ]
            }
            for one in inputs(*rows)
        ]
    }
    assert server.ask(INFER, nan).told["outputs"] == [output]


def test_outputs_can_be_chosen_and_come_as_bytes(server: Server, project: Path) -> None:
    rows = [TRIP, TRIP | {"km": None}]
    tensors = [
        {
            "name": name,
            "shape": [2, 1],
            "datatype": "INT64" if name == "start" else "FP64",
            "data": [row[name] for row in rows],
        }
        for name in TRIP
    ]
    path = "/v2/models/zone/infer"
    wanted = alone(project, "zone", rows)
    asked = [{"name": "probabilities", "parameters": {"binary_data": True}}, {"name": "label"}]
    answer = server.ask(path, {"inputs": tensors, "outputs": asked})
    assert answer.headers["content-type"] == "application/octet-stream"
    length = int(answer.headers["inference-header-content-length"])
    told = json.loads(answer.body[:length])
    assert told["outputs"] == [
        {
            "name": "probabilities",
            "datatype": "FP64",
            "shape": [2, 3],
            "parameters": {"binary_data_size": 48},
        },
        {"name": "label", "datatype": "BYTES", "shape": [2, 1], "data": wanted["label"].ravel().tolist()},
    ]
    assert answer.body[length:] == wanted["probabilities"].tobytes()
    answer = server.ask(path, {"inputs": tensors, "parameters": {"binary_data_output": True}, "outputs": []})
    length = int(answer.headers["inference-header-content-length"])
    labels = blob("BYTES", wanted["label"].ravel().tolist())
    assert answer.body[length:] == labels + wanted["probabilities"].tobytes()


FLAG = "must be true or false"
BAD: dict[str, tuple[Any, str]] = {
    "nothing": (b"", "the body is not JSON: "),
    "a list": ([], "the body must be an object, not a list"),
    "null": (None, "the body must be an object, not null"),
    "a text": ("text", "the body must be an object, not the string 'text'"),
    "broken": (b'{"inputs": [', "the body is not JSON: "),
    "deep": (b'{"inputs": ' + b"[" * 100_000, "the body is nested too deeply"),
    "deep with NaN": (b'{"x": NaN, "inputs": ' + b"[" * 100_000, "the body is "),
    "no inputs": ({}, "the body has no 'inputs'"),
    "null inputs": ({"inputs": None}, "'inputs' must be a list, not null"),
    "an object of inputs": ({"inputs": {}}, "'inputs' must be a list, not an object"),
    "empty inputs": ({"inputs": []}, "input 'zone' is missing"),
    "an input that is a number": ({"inputs": [1]}, "input 0 must be an object, not 1"),
    "an input without a name": ({"inputs": [{}]}, "the name of input 0 must be a string, not null"),
    "a name that is a number": ({"inputs": [{"name": 1}]}, "the name of input 0 must be a string, not 1"),
    "an empty name": ({"inputs": [{"name": ""}]}, "the name of input 0 must be a string, not the string ''"),
    "an unknown input": (changed("km", name="miles"), "unknown input 'miles'"),
    "a missing input": ({"inputs": inputs(RIDE)[:-1]}, "input 'start' is missing"),
    "an input twice": ({"inputs": [*inputs(RIDE), inputs(RIDE)[2]]}, "input 'km' is there twice"),
    "an unknown key": ({"inputs": inputs(RIDE), "input": []}, "the body has the unknown key 'input'"),
    "an unknown key of an input": (changed("km", values=[]), "input 'km' has the unknown key 'values'"),
    "no datatype": (changed("km", datatype=None), "input 'km' must have the datatype FP64, not null"),
    "a smaller datatype": (
        changed("km", datatype="FP32"),
        "input 'km' must have the datatype FP64, not the string 'FP32'",
    ),
    "another datatype": (
        changed("day", datatype="BYTES"),
        "input 'day' must have the datatype INT64, not the string 'BYTES'",
    ),
    "no shape": (changed("km", shape=None), "input 'km' must have the shape [N, 1], not None"),
    "a text as shape": (changed("km", shape="-1"), "input 'km' must have the shape [N, 1], not -1"),
    "a negative shape": (changed("km", shape=[-1, 1]), "input 'km' must have the shape [N, 1], not [-1, 1]"),
    "a flat shape": (changed("km", shape=[1]), "input 'km' must have the shape [N, 1], not [1]"),
    "a wide shape": (changed("km", shape=[1, 2]), "input 'km' must have the shape [N, 1], not [1, 2]"),
    "a boolean in a shape": (
        changed("km", shape=[True, 1]),
        "input 'km' must have the shape [N, 1], not [True, 1]",
    ),
    "a fraction in a shape": (
        changed("km", shape=[1.0, 1]),
        "input 'km' must have the shape [N, 1], not [1.0, 1]",
    ),
    "a huge shape": (
        changed("zone", shape=[10**12, 1]),
        "the request has 1000000000000 rows, but at most 10000 are allowed",
    ),
    "another number of rows": (
        changed("km", shape=[2, 1], data=[1.0, 2.0]),
        "input 'km' has 2 rows, but 'zone' has 1",
    ),
    "too little data": (changed("km", data=[]), "input 'km' has 0 elements, but the shape [1, 1] needs 1"),
    "too much data": (
        changed("km", data=[1.0, 2.0]),
        "input 'km' has 2 elements, but the shape [1, 1] needs 1",
    ),
    "no data": (changed("km", data=None), "input 'km' must have a list as its data"),
    "a number as data": (changed("km", data=1.0), "input 'km' must have a list as its data"),
    "ragged data": (
        changed("km", data=[[1.0], [1.0, 2.0]]),
        "the data of input 'km' must be flat, or lists of one element",
    ),
    "mixed data": (
        changed("km", data=[[1.0], 2.0]),
        "the data of input 'km' must be flat, or lists of one element",
    ),
    "deeper data": (changed("km", data=[[[1.0]]]), "'km' in row 0 must be a number or null, not a list"),
    "a string for a number": (
        changed("km", data=["1"]),
        "'km' in row 0 must be a number or null, not the string '1'",
    ),
    "a boolean for a number": (
        changed("km", data=[True]),
        "'km' in row 0 must be a number or null, not true",
    ),
    "a fraction for an int": (changed("stops", data=[1.7]), "'stops' in row 0 must be an integer, not 1.7"),
    "a large int": (changed("stops", data=[2**60]), "'stops' in row 0 must be between -2^53 and 2^53"),
    "null for an int": (changed("stops", data=[None]), "'stops' in row 0 must not be missing"),
    "NaN for an int": (changed("stops", data=[float("nan")]), "'stops' in row 0 must not be missing"),
    "infinity for an int": (
        changed("stops", data=[float("inf")]),
        "'stops' in row 0 must be an integer, not inf",
    ),
    "two for a boolean": (changed("shared", data=[2]), "'shared' in row 0 must be 1 or 0, not 2"),
    "true for a boolean": (
        changed("shared", data=[True]),
        "'shared' in row 0 must be true or false, not true",
    ),
    "a float for a date": (
        changed("day", data=[86_400_000_000.0]),
        "'day' in row 0 must be a date such as 2013-10-01, not 86400000000.0",
    ),
    "a time for a date": (
        changed("day", data=[1]),
        "'day' in row 0 must be a date such as 2013-10-01 in microseconds since 1970, not 1",
    ),
    "a date beyond all": (
        changed("day", data=[2**62]),
        "'day' in row 0 must be a date such as 2013-10-01 in microseconds since 1970, not 4611686018427387904",
    ),
    "a date of no date": (changed("day", data=[NAT]), "'day' in row 0 must not be missing"),
    "a number for a string": (changed("zone", data=[1]), "'zone' in row 0 must be a string, not 1"),
    "null for a string": (changed("zone", data=[None]), "'zone' in row 0 must not be missing"),
    "the end of a string": (changed("note", data=["a\0b"]), "'note' in row 0 contains the character U+0000"),
    "a number as id": ({"inputs": inputs(RIDE), "id": 1}, "the id of the body must be a string, not 1"),
    "a list of parameters": (
        {"inputs": inputs(RIDE), "parameters": []},
        "the parameters of the body must be an object, not a list",
    ),
    "a text for a flag": (
        {"inputs": inputs(RIDE), "parameters": {"binary_data_output": "yes"}},
        f"the parameter 'binary_data_output' of the body {FLAG}",
    ),
    "shared memory": (
        changed("km", parameters={"shared_memory_region": "x"}),
        "input 'km' has the parameter 'shared_memory_region', which this server does not support",
    ),
    "outputs that are no list": (
        {"inputs": inputs(RIDE), "outputs": "prediction"},
        "'outputs' must be a list, not the string 'prediction'",
    ),
    "an unknown output": (
        {"inputs": inputs(RIDE), "outputs": [{"name": "label"}]},
        "there is no output 'label', only prediction",
    ),
    "an output twice": (
        {"inputs": inputs(RIDE), "outputs": [{"name": "prediction"}] * 2},
        "output 'prediction' is there twice",
    ),
    "classification": (
        {"inputs": inputs(RIDE), "outputs": [{"name": "prediction", "parameters": {"classification": 2}}]},
        "output 'prediction' has the parameter 'classification', which this server does not support",
    ),
    "bytes that are not there": (
        changed("km", data=None, parameters={"binary_data_size": 8}),
        "input 'km' has both data and a binary_data_size",
    ),
}


@pytest.mark.parametrize(("body", "message"), BAD.values(), ids=list(BAD))
def test_requests_that_are_refused(server: Server, body: Any, message: str) -> None:
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = server.ask(INFER, sent)
    assert answer.status == (413 if "at most" in message else 400)
    assert answer.told["error"].startswith(message)


def binary(head: dict[str, Any] | bytes, rest: bytes, length: int | str | None = None) -> tuple[bytes, str]:
    told = head if isinstance(head, bytes) else json.dumps(head).encode()
    return told + rest, str(len(told) if length is None else length)


def one_binary(name: str, data: bytes, size: Any = None) -> tuple[bytes, str]:
    """Return a request in which one input has these bytes."""
    size = len(data) if size is None else size
    rest = [
        {key: value for key, value in one.items() if key != "data" or one["name"] != name}
        for one in inputs(RIDE)
    ]
    head = {
        "inputs": [
            one | {"parameters": {"binary_data_size": size}} if one["name"] == name else one for one in rest
        ]
    }
    return binary(head, data)


BAD_BYTES: dict[str, tuple[tuple[bytes, str], str]] = {
    "too few bytes": (one_binary("km", b"1234567"), "input 'km' has 7 bytes, but 1 rows of FP64 have 8"),
    "too many bytes": (one_binary("day", b"1" * 16), "input 'day' has 16 bytes, but 1 rows of INT64 have 8"),
    "a size beyond the end": (
        one_binary("km", b"1" * 8, 9),
        "the binary_data_size of input 'km' must be an integer from 0 to 8, which is what is left, not 9",
    ),
    "a negative size": (
        one_binary("km", b"1" * 8, -8),
        "the binary_data_size of input 'km' must be an integer from 0 to 8, which is what is left, not -8",
    ),
    "a fraction as size": (
        one_binary("km", b"1" * 8, 8.0),
        "the binary_data_size of input 'km' must be an integer from 0 to 8, which is what is left, not 8.0",
    ),
    "true as size": (
        one_binary("km", b"1" * 8, True),
        "the binary_data_size of input 'km' must be an integer from 0 to 8, which is what is left, not true",
    ),
    "bytes of no input": (
        binary({"inputs": inputs(RIDE)}, b"rest"),
        "the body has 4 bytes that belong to no input",
    ),
    "a length beyond the body": (
        binary({"inputs": inputs(RIDE)}, b"", 10_000),
        "the header with the length of the JSON says 10000, but the body has ",
    ),
    "a length that is no number": (
        binary({"inputs": inputs(RIDE)}, b"", "-1"),
        "the header 'Inference-Header-Content-Length' must be a number of bytes",
    ),
    "an endless length": (
        binary({"inputs": inputs(RIDE)}, b"", "9" * 400),
        "the header 'Inference-Header-Content-Length' must be a number of bytes",
    ),
    "a length inside the JSON": (binary({"inputs": inputs(RIDE)}, b"", 10), "the body is not JSON: "),
    "no length of a string": (
        one_binary("zone", b"\1\0"),
        "the bytes of input 'zone' end in the middle of a string",
    ),
    "a string beyond the end": (
        one_binary("zone", b"\x09\0\0\0north"),
        "the bytes of input 'zone' end in the middle of a string",
    ),
    "too many strings": (
        one_binary("zone", b"\1\0\0\0a\1\0\0\0b"),
        "input 'zone' has 2 elements, but the shape [1, 1] needs 1",
    ),
    "a string that is not UTF-8": (
        one_binary("zone", b"\1\0\0\0\xff"),
        "a string of input 'zone' is not UTF-8",
    ),
    "a fraction for an int": (
        one_binary("stops", struct.pack("<d", 0.5)),
        "'stops' in row 0 must be an integer, not 0.5",
    ),
    "NaN for an int": (
        one_binary("stops", struct.pack("<d", float("nan"))),
        "'stops' in row 0 must not be missing",
    ),
    "infinity for a boolean": (
        one_binary("shared", struct.pack("<d", float("inf"))),
        "'shared' in row 0 must be 1 or 0, not inf",
    ),
}


@pytest.mark.parametrize(("sent", "message"), BAD_BYTES.values(), ids=list(BAD_BYTES))
def test_bytes_that_are_refused(server: Server, sent: tuple[bytes, str], message: str) -> None:
    body, length = sent
    answer = server.ask(INFER, body, inference_header_content_length=length)
    assert answer.status == 400 and answer.told["error"].startswith(message)
    assert server.ask(INFER, {"inputs": inputs(RIDE)}).status == 200
