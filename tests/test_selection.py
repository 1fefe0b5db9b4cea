"""Selecting columns by name or by description."""

from __future__ import annotations

from typing import Any

import pytest

from mlbuild.columns import UNKNOWN, ColumnType, Schema
from mlbuild.diagnostics import Rejected
from mlbuild.selection import ColumnSelection

TABLE = Schema(
    {
        "age": ColumnType("int"),
        "temp_in": ColumnType("float", nullable=True),
        "temp_out": ColumnType("float"),
        "name": ColumnType("string"),
        "day": ColumnType("date"),
        "at": ColumnType("datetime"),
    }
)


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ("name", ["name"]),
        (["name", "age"], ["name", "age"]),
        ({"dtype": "float"}, ["temp_in", "temp_out"]),
        ({"dtype": "numeric"}, ["age", "temp_in", "temp_out"]),
        ({"dtype": "temporal"}, ["day", "at"]),
        ({"matches": "temp_*"}, ["temp_in", "temp_out"]),
        ({"matches": "[an]*", "dtype": "string"}, ["name"]),
        ({"dtype": "numeric", "except": "age"}, ["temp_in", "temp_out"]),
        ({"except": ["age", "day", "at"]}, ["temp_in", "temp_out", "name"]),
    ],
)
def test_columns_come_in_the_order_given_or_that_of_the_table(given: Any, names: list[str]) -> None:
    assert list(ColumnSelection().read(given).resolve(TABLE)) == names


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("nam", ("unknown-column", (), "unknown column 'nam'", "did you mean 'name'?")),
        (
            ["age", "q"],
            ("unknown-column", (1,), "unknown column 'q'", f"available columns: {', '.join(TABLE)}"),
        ),
        (["age", "name", "age"], ("duplicate-item", (2,), "column 'age' is listed twice", None)),
        (
            {"dtype": "numeric", "except": ["agee"]},
            ("unknown-column", ("except", 0), "unknown column 'agee'", "did you mean 'age'?"),
        ),
        (
            {"dtype": "numeric", "except": ["age", "name"]},
            (
                "no-effect",
                ("except", 1),
                "excluding 'name' has no effect: the selector does not match it",
                "remove it",
            ),
        ),
        (
            {"matches": "temp_*", "except": "age"},
            (
                "no-effect",
                ("except", 0),
                "excluding 'age' has no effect: the selector does not match it",
                "remove it",
            ),
        ),
        ({"except": ["age", "age"]}, ("duplicate-item", ("except", 1), "column 'age' is listed twice", None)),
        (
            {"x-why": "later"},
            (
                "empty",
                (),
                "the selector selects nothing",
                "add 'dtype', 'matches' or 'except'",
            ),
        ),
        (
            {"dtype": "bool"},
            (
                "empty-selection",
                (),
                "the selector matches no column",
                f"available columns: {', '.join(TABLE)}",
            ),
        ),
        (
            {"matches": "TEMP*"},
            (
                "empty-selection",
                (),
                "the selector matches no column",
                f"available columns: {', '.join(TABLE)}",
            ),
        ),
    ],
)
def test_what_selects_nothing_or_something_unknown_is_refused(
    given: Any, expected: tuple[str, tuple[str | int, ...], str, str | None]
) -> None:
    with pytest.raises(Rejected) as caught:
        ColumnSelection().read(given).resolve(TABLE)
    (problem,) = caught.value.problems
    assert (problem.code, problem.at, problem.message, problem.help) == expected


def test_a_faulty_column_may_be_left_out() -> None:
    table = TABLE.plus({"broken": ColumnType(UNKNOWN)})
    selector = ColumnSelection().read({"dtype": "string", "except": "broken"})
    assert selector.resolve(table) == ("name",)


def test_a_faulty_column_silences_an_empty_selection() -> None:
    table = TABLE.plus({"broken": ColumnType(UNKNOWN)})
    assert ColumnSelection().read({"dtype": "bool"}).resolve(table) == ()
