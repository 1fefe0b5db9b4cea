"""The dataset step `rename`."""

from __future__ import annotations

import polars as pl
import pytest

from mlbuild.data.table import Table
from tests.data.tables import rejected, run, step, table, told

FLIGHTS = table(
    {
        "id": {"dtype": "int", "unique": True},
        "origin": "string",
        "distance": {"dtype": "float", "nullable": True},
    },
    unique=["origin", "distance"],
)
ROWS = pl.DataFrame({"id": [1, 2], "origin": ["JFK", "EWR"], "distance": [100.0, None]})


def renamed(here: Table = FLIGHTS, /, **columns: str) -> Table:
    return step(op="rename", columns=columns).infer(here, {})


@pytest.mark.parametrize(
    ("columns", "names"),
    [
        ({"id": "key"}, ["key", "origin", "distance"]),
        ({"id": "distance", "distance": "id"}, ["distance", "origin", "id"]),
        ({"id": "origin", "origin": "distance", "distance": "id"}, ["origin", "distance", "id"]),
        ({"distance": "how far"}, ["id", "origin", "how far"]),
    ],
)
def test_columns_get_other_names_all_at_once(columns: dict[str, str], names: list[str]) -> None:
    after = renamed(FLIGHTS, **columns)
    assert [*after.columns] == names
    assert [*after.columns.values()] == [*FLIGHTS.columns.values()]
    assert [column.node for column in after.columns.values()] == FLIGHTS.nodes(FLIGHTS.columns)
    made = run(step(op="rename", columns=columns), FLIGHTS, ROWS)
    assert made.columns == names
    assert made.rows() == ROWS.rows()


def test_promises_follow() -> None:
    assert renamed(id="key", distance="far").promises() == [("origin", "far"), ("key",)]
    swapped = renamed(id="origin", origin="id")
    assert swapped.unique_within(["origin"]) and not swapped.unique_within(["id"])


def test_a_renamed_key_joins() -> None:
    planes = table({"tailnum": {"dtype": "string", "unique": True}, "seats": "int"})
    here = table({"tail": "string"})
    join = step(op="join", with_="planes", using="tail")
    after = join.infer(here, {"planes": renamed(planes, tailnum="tail")})
    assert [*after.columns] == ["tail", "seats"]
    rows, other = pl.DataFrame({"tail": ["b", "a"]}), pl.DataFrame({"tail": ["a", "b"], "seats": [1, 2]})
    assert run(join, here, rows, planes=(renamed(planes, tailnum="tail"), other))["seats"].to_list() == [2, 1]


@pytest.mark.parametrize(
    ("columns", "message", "at", "on"),
    [
        ({"ids": "key"}, "unknown column 'ids'", ("columns", "ids"), "key"),
        ({"id": "origin"}, "there is already a column 'origin'", ("columns", "id"), "value"),
        ({"id": "id"}, "'id' already has that name", ("columns", "id"), "value"),
        ({"id": ""}, "'' is not a valid column name", ("columns", "id"), "value"),
        ({"id": "a\0b"}, "'a\0b' is not a valid column name", ("columns", "id"), "value"),
        (
            {"id": "key", "origin": "key"},
            "'id' and 'origin' would both be renamed to 'key'",
            ("columns", "origin"),
            "value",
        ),
    ],
)
def test_what_cannot_be_renamed(
    columns: dict[str, str], message: str, at: tuple[object, ...], on: str
) -> None:
    (problem,) = rejected(step(op="rename", columns=columns), FLIGHTS)
    assert (problem.message, problem.at, problem.on) == (message, at, on)


def test_all_mistakes_are_told_at_once() -> None:
    problems = rejected(step(op="rename", columns={"ids": "key", "id": "origin", "distance": "*"}), FLIGHTS)
    assert [at for _, at in told(problems)] == [("columns", name) for name in ("ids", "id", "distance")]
