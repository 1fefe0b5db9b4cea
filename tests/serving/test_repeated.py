"""A key that is in an object twice is refused, because only its last value would count. Looking for it costs little."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from mlbuild.serving.limits import Limits
from mlbuild.serving.model import Model
from mlbuild.serving.reading import documents
from mlbuild.serving.refused import Refused
from mlbuild.serving.routes.predict import Records
from mlbuild.serving.routes.protocol import Tensors
from tests import budget
from tests.serving.rides import RIDE
from tests.serving.servers import Server
from tests.serving.test_protocol import INFER, inputs, packed

PATH = "/predict/fare"
LIMITS = Limits()
FUZZ = settings(
    max_examples=budget.examples(100, 10_000), deadline=None, suppress_health_check=[*HealthCheck]
)
#: It stands for another key in an object that has both. JSON of Python cannot write a key twice.
MARK = "again:"


def written(content: Any, *, ascii_only: bool = False) -> bytes:
    return json.dumps(content, ensure_ascii=ascii_only).replace(f'"{MARK}', '"').encode()


def twice(column: str, row: int = 0) -> dict[str, Any]:
    message = f"column '{column}' of row {row} is there twice"
    return {"error": message, "row": row, "column": column, "rule": "duplicate"}


AGAIN = {f"{MARK}km": 1, **RIDE}
RECORDS: dict[str, tuple[bytes, dict[str, Any]]] = {
    "another value": (written(AGAIN), twice("km")),
    "the same value": (written({f"{MARK}zone": "north", **RIDE}), twice("zone")),
    "in another row": (written({"rows": [RIDE, RIDE, AGAIN]}), twice("km", 2)),
    "with an escape": (written(AGAIN).replace(b'"km"', rb'"k\u006d"', 1), twice("km")),
    "an object before": (written({f"{MARK}km": [{"a": '"'}], **RIDE}), twice("km", 1)),
    "all rows": (
        written({f"{MARK}rows": [], "rows": [RIDE]}),
        {"error": "key 'rows' is there twice"},
    ),
    "something deep": (
        written({f"{MARK}km": "deep", **RIDE}).replace(b'"deep"', b"[" * 900 + b"]" * 900),
        twice("km"),
    ),
}


@pytest.mark.parametrize(("body", "told"), RECORDS.values(), ids=list(RECORDS))
def test_columns_that_are_in_a_record_twice(server: Server, body: bytes, told: dict[str, Any]) -> None:
    answer = server.ask(PATH, body)
    assert (answer.status, answer.told) == (400, told)


def changed(**keys: Any) -> dict[str, Any]:
    first, *others = inputs(RIDE)
    return {"inputs": [keys | first, *others]}


TENSORS: dict[str, tuple[dict[str, Any], str]] = {
    "a key of an input": (changed(**{f"{MARK}shape": [2, 1]}), "shape"),
    "a text of an input": (changed(**{f"{MARK}name": "km"}), "name"),
    "a parameter": (changed() | {"parameters": {"x": 1, f"{MARK}x": 2}}, "x"),
    "all inputs": ({f"{MARK}inputs": []} | changed(), "inputs"),
    "an id": (changed() | {"id": "1", f"{MARK}id": "2"}, "id"),
    "not a number": (changed(**{f"{MARK}data": [math.nan]}), "data"),
}


@pytest.mark.parametrize(("request_", "key"), TENSORS.values(), ids=list(TENSORS))
def test_keys_that_are_in_tensors_twice(server: Server, request_: dict[str, Any], key: str) -> None:
    answer = server.ask(INFER, written(request_))
    message = f"key '{key}' is there twice in an object of the body"
    assert (answer.status, answer.told) == (400, {"error": message, "rule": "duplicate"})


def test_what_is_ignored_can_be_deep(server: Server) -> None:
    deep = {"parameters": {"x": "deep"}}
    for request, status in ((deep | changed(), 200), ({f"{MARK}id": "1", "id": "2"} | deep | changed(), 400)):
        body = written(request).replace(b'"deep"', b"[" * 900 + b"]" * 900)
        assert server.ask(INFER, body).status == status


@pytest.fixture(scope="module")
def model(project: Path) -> Model:
    return Model("fare", project / "dist/fare")


TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
ROWS = st.lists(
    st.builds(
        lambda zone, note, km: RIDE | {"zone": zone, "note": note, "km": km},
        TEXTS.filter(bool),
        st.one_of(TEXTS, st.none(), st.sampled_from(['"', "\\", '\\"', '\\\\"', "\u2028"])),
        st.one_of(st.none(), st.integers(-9, 9), st.floats(allow_nan=False, allow_infinity=False)),
    ),
    max_size=3,
)


@seed(budget.seed())
@FUZZ
@given(rows=ROWS, ascii_only=st.booleans(), wrapped=st.booleans(), data=st.data())
def test_only_bodies_with_a_key_twice_are_read_twice(
    model: Model, rows: list[dict[str, Any]], ascii_only: bool, wrapped: bool, data: st.DataObject
) -> None:
    def records(some: list[dict[str, Any]]) -> Records:
        return Records(written({"rows": some} if wrapped else some, ascii_only=ascii_only), b"", "1")

    def tensors(tensors: list[dict[str, Any]]) -> Tensors:
        request = {"id": "1", "parameters": {"x": ["y", {"z": "u"}]}, "inputs": tensors}
        return Tensors(written(request, ascii_only=ascii_only), None, "1")

    body, header = packed({"inputs": inputs(*rows)})
    with pytest.MonkeyPatch.context() as patch:
        patch.delattr(documents, "_decode_slowly")
        assert records(rows).read(model, LIMITS).count == len(rows)
        assert tensors(inputs(*rows)).read(model, LIMITS).count == len(rows)
        assert Tensors(body, header, "1").read(model, LIMITS).count == len(rows)
    repeated = inputs(*rows)
    place = data.draw(st.integers(0, len(repeated) - 1))
    key = data.draw(st.sampled_from([*repeated[place]]))
    repeated[place] = {f"{MARK}{key}": data.draw(st.one_of(TEXTS, st.none(), st.just([])))} | repeated[place]
    with pytest.raises(Refused, match="is there twice in an object"):
        tensors(repeated).read(model, LIMITS)
    if rows:
        row = data.draw(st.integers(0, len(rows) - 1))
        column = data.draw(st.sampled_from([*RIDE]))
        marked = {f"{MARK}{column}": data.draw(TEXTS)} | rows[row]
        with pytest.raises(Refused, match=f"'{column}' of row {row} is there twice"):
            records([*rows[:row], marked, *rows[row + 1 :]]).read(model, LIMITS)
