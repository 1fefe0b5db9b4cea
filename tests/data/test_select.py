"""The dataset step `select`."""

from __future__ import annotations

import json

import polars as pl
import pytest

from mlbuild.data.table import Table
from tests.data.tables import rejected, run, step, table, told

FLIGHTS = table(
    {
        "id": {"dtype": "int", "unique": True},
        "origin": "string",
        "distance": {"dtype": "float", "nullable": True},
        "note": "string",
    },
    unique=["origin", "note"],
)
ROWS = pl.DataFrame({"id": [1, 2], "origin": ["JFK", "EWR"], "distance": [100.0, None], "note": ["a", "b"]})


def selected(columns: object, here: Table = FLIGHTS) -> Table:
    return step(op="select", columns=columns).infer(here, {})


@pytest.mark.parametrize(
    ("columns", "kept"),
    [
        ("origin", ["origin"]),
        (["note", "id"], ["id", "note"]),
        ({"except": "note"}, ["id", "origin", "distance"]),
        ({"dtype": "string", "except": ["note"]}, ["origin"]),
        ({"matches": "*i*"}, ["id", "origin", "distance"]),
        (["id", "origin", "distance", "note"], ["id", "origin", "distance", "note"]),
    ],
)
def test_columns_are_kept_in_the_order_of_the_table(columns: object, kept: list[str]) -> None:
    after = selected(columns)
    assert [*after.columns] == kept
    assert {name: after.columns[name] for name in kept} == {name: FLIGHTS.columns[name] for name in kept}
    made = run(step(op="select", columns=columns), FLIGHTS, ROWS)
    assert made.equals(ROWS.select(kept))


def test_a_selection_is_canonical_as_what_it_drops() -> None:
    forms = [["id", "distance"], ["distance", "id"], {"except": ["note", "origin"]}]
    canonical = {
        json.dumps(step(op="select", columns=form).canonical(FLIGHTS, {}), sort_keys=True) for form in forms
    }
    assert canonical == {'{"columns": {"except": ["note", "origin"]}, "op": "select"}'}


def test_a_promise_ends_with_a_column_that_it_is_about() -> None:
    assert FLIGHTS.promises() == [("origin", "note"), ("id",)]
    after = selected({"except": "note"})
    assert after.promises() == [("id",)]
    assert after.unique_within(["id", "origin"]) and not after.unique_within(["origin", "distance"])


def test_a_dropped_name_can_be_used_again() -> None:
    after = step(op="derive", columns={"note": "distance * 2"}).infer(selected({"except": "note"}), {})
    assert str(after.served["note"]) == "float, nullable"
    assert [(one.name, one.before) for one in after.dropped] == [("note", 0)]
    again = selected({"except": "note"}, after)
    assert [(one.name, one.before) for one in again.dropped] == [("note", 0), ("note", 1)]


@pytest.mark.parametrize(
    ("columns", "message", "at"),
    [
        (["id", "nte"], "unknown column 'nte'", ("columns", 1)),
        ("nte", "unknown column 'nte'", ("columns",)),
        ({"except": ["nte"]}, "unknown column 'nte'", ("columns", "except", 0)),
        (["id", "id"], "column 'id' is listed twice", ("columns", 1)),
        ({"dtype": "date"}, "the selector matches no column", ("columns",)),
        ({"matches": "*"}, "the selector drops no column", ("columns",)),
    ],
)
def test_what_cannot_be_selected(columns: object, message: str, at: tuple[object, ...]) -> None:
    assert told(rejected(step(op="select", columns=columns), FLIGHTS)) == [(message, at)]


def test_columns_that_a_step_was_not_told_of_are_handed_on() -> None:
    made = step(op="select", columns={"except": ["note"]}).apply(ROWS.with_columns(more=pl.lit(1)), {})
    assert made.columns == ["id", "origin", "distance", "more"]
