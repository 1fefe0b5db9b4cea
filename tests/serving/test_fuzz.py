"""Generated requests are answered, or refused with a reason: nothing is accepted silently, and nothing fails."""

from __future__ import annotations

import json
import math
import random
import threading
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from mlbuild.moments import DAY, parse_moment
from tests import budget
from tests.serving.rides import RIDE, ride
from tests.serving.servers import Server
from tests.serving.test_predict import alone
from tests.serving.test_protocol import DATATYPES, INFER, NAT, inputs, packed

PATH = "/predict/fare"
COUNT = budget.examples(100, 10_000)
FUZZ = settings(max_examples=COUNT, deadline=None, suppress_health_check=[*HealthCheck])
EXACT = 2**53

#: Values that are close to right ones, and any others.
VALUES = st.one_of(
    st.sampled_from(
        [
            None,
            True,
            False,
            0,
            1,
            -1,
            1.0,
            1.7,
            -0.0,
            "",
            "1",
            "true",
            "null",
            "NaN",
            "north",
            "öst",
            "\0",
            "a\0",
        ]
    ),
    st.sampled_from(
        [
            "2024-02-29",
            "2023-02-29",
            "2024-02-29T08:30:00Z",
            "2024-02-29 08:30",
            "0001-01-01",
            "9999-12-31T23:59:59.999999",
        ]
    ),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=3), st.none(), max_size=1),
)
NAMES = st.one_of(st.sampled_from([*RIDE]), st.text(max_size=5))
RECORDS = st.builds(
    lambda changes, dropped: {name: value for name, value in (RIDE | changes).items() if name not in dropped},
    st.dictionaries(NAMES, VALUES, max_size=2),
    st.sampled_from([(), (), (), *((name,) for name in RIDE)]),
)
BODIES = st.one_of(
    RECORDS,
    st.lists(RECORDS, max_size=3),
    st.builds(lambda rows: {"rows": rows}, st.lists(RECORDS, max_size=2)),
    VALUES,
)


def is_right(column: str, value: Any) -> bool:
    """Whether the contract allows a value, written down a second time."""
    if value is None:
        return column in ("note", "km", "start")
    if column == "zone":
        return isinstance(value, str) and value != "" and "\0" not in value
    if column == "note":
        return isinstance(value, str) and "\0" not in value
    if column == "shared":
        return isinstance(value, bool)
    if column in ("day", "start"):
        moment = parse_moment(value) if isinstance(value, str) else None
        return moment is not None and (column == "start" or moment % DAY == 0)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    if column == "km":
        return True
    return value == int(value) and -EXACT <= value <= EXACT


def is_record(found: Any) -> bool:
    return (
        isinstance(found, dict)
        and found.keys() == RIDE.keys()
        and all(is_right(name, value) for name, value in found.items())
    )


def records(body: Any) -> list[Any]:
    if isinstance(body, dict) and [*body] == ["rows"] and isinstance(body["rows"], list):
        return [*body["rows"]]
    return body if isinstance(body, list) else [body]


@seed(budget.seed())
@FUZZ
@given(body=BODIES)
def test_records_are_accepted_exactly_if_they_fit(server: Server, body: Any) -> None:
    answer = server.ask(PATH, json.dumps(body).encode())
    status, told = answer.status, answer.told
    rows = records(body)
    if all(map(is_record, rows)):
        assert status == 200 and len(told["rows"]) == len(rows), body
        assert all(math.isfinite(row["prediction"]) for row in told["rows"])
    else:
        assert status == 400 and told["error"], body
        if "column" in told and "row" in told:
            assert not is_record(rows[told["row"]])


@seed(budget.seed())
@FUZZ
@given(data=st.data())
def test_bytes_are_accepted_or_refused(server: Server, data: st.DataObject) -> None:
    body, length = packed({"inputs": inputs(RIDE)})
    changed = bytearray(body)
    for _ in range(data.draw(st.integers(0, 3))):
        place = data.draw(st.integers(0, len(changed) - 1))
        end = min(len(changed), place + data.draw(st.sampled_from([0, 1, 4, 8])))
        changed[place:end] = data.draw(st.binary(max_size=9))
    told = data.draw(st.one_of(st.just(length), st.integers(0, len(changed) + 2)))
    answer = server.ask(INFER, bytes(changed), inference_header_content_length=str(told))
    assert answer.status in (200, 400, 413), answer.body
    assert answer.told["outputs"][0]["shape"][1] == 1 if answer.status == 200 else answer.told["error"]


ELEMENTS = st.one_of(
    VALUES, st.sampled_from([NAT, NAT + 1, parse_moment("2024-02-29"), float("nan"), float("inf")])
)
TENSORS = st.fixed_dictionaries(
    {},
    optional={
        "name": st.one_of(st.sampled_from([*DATATYPES]), VALUES),
        "shape": st.one_of(st.lists(st.integers(-1, 3), max_size=3), VALUES),
        "datatype": st.one_of(st.sampled_from(["FP64", "FP32", "INT64", "BOOL", "BYTES"]), VALUES),
        "data": st.one_of(
            st.lists(ELEMENTS, max_size=2), st.lists(st.lists(ELEMENTS, max_size=2), max_size=2), VALUES
        ),
        "parameters": VALUES,
    },
)


@seed(budget.seed())
@FUZZ
@given(
    place=st.integers(0, len(DATATYPES) - 1),
    change=TENSORS,
    more=st.dictionaries(st.sampled_from(["id", "outputs", "parameters", "x"]), VALUES, max_size=1),
)
def test_tensors_are_accepted_exactly_if_they_fit(
    server: Server, place: int, change: dict[str, Any], more: dict[str, Any]
) -> None:
    tensors = inputs(RIDE)
    tensors[place] |= change
    answer = server.ask(INFER, json.dumps({"inputs": tensors, **more}).encode())
    assert answer.status in (200, 400), answer.body
    if answer.status == 400:
        assert answer.told["error"]
        return
    one, before = tensors[place], inputs(RIDE)[place]
    assert {key: one[key] for key in ("name", "shape", "datatype")} == {
        key: before[key] for key in ("name", "shape", "datatype")
    }
    (value,) = one["data"]
    value = value[0] if isinstance(value, list) else value
    if one["datatype"] == "BYTES":
        assert value is None or isinstance(value, str)
    else:
        assert value is None or (isinstance(value, int | float) and not isinstance(value, bool))
    if one["name"] in ("stops", "shared", "day", "zone"):
        assert value not in (None, "", NAT) and value == value
    assert one.get("parameters", {}) == {} and "x" not in more


def test_answers_do_not_depend_on_other_requests(server: Server, project: Path) -> None:
    """Many clients ask at once, so that their rows get into batches of all sizes."""
    chance = random.Random(budget.seed())
    rows = [ride(chance) for _ in range(budget.examples(300, 20_000))]
    wanted = alone(project, "fare", rows)["prediction"].ravel().tolist()
    sent = [json.dumps({name: row[name] for name in RIDE}).encode() for row in rows]
    wrong: list[int] = []

    def client(first: int) -> None:
        connection = server.connect()
        for number in range(first, len(rows), 16):
            connection.request("POST", PATH, sent[number])
            told = json.loads(connection.getresponse().read())
            if told["rows"] != [{"prediction": wanted[number]}]:
                wrong.append(number)
        connection.close()

    clients = [threading.Thread(target=client, args=(first,)) for first in range(16)]
    for one in clients:
        one.start()
    for one in clients:
        one.join()
    assert wrong == []


def test_no_request_was_a_failure(server: Server) -> None:
    """After all of the above."""
    assert 'code="5' not in server.ask("/metrics").body.decode()
