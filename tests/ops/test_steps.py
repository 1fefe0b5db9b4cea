"""The driver: placement, chains, and problems of the whole list."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from mlbuild.columns import UNKNOWN, ColumnType
from mlbuild.ops.stages import place, tolerances
from tests.ops.rows import applied, fitted
from tests.ops.written import after, problems, schema, step, table, transformed

CHAIN = """{op: impute, columns: {dtype: numeric}, strategy: median};
{op: date_parts, columns: time, parts: [month, weekday]};
{op: standard, columns: [temp, time_month]};
{op: one_hot, columns: carrier}"""
TYPES: dict[str, Any] = {"time": "datetime", "carrier": "string?", "temp": "float?", "flight": "int"}


def test_steps_work_on_what_the_steps_before_made() -> None:
    train: dict[str, list[Any]] = {
        "time": [datetime(2013, 1, 1), datetime(2013, 3, 1)],
        "carrier": ["UA", None],
        "temp": [None, 4.0],
        "flight": [1, 2],
    }
    assert transformed(CHAIN, train, **TYPES) == {
        "time_month": [-1.0, 1.0],
        "time_weekday": [2, 5],
        "carrier": [[1.0], [0.0]],
        "temp": [0.0, 0.0],
        "flight": [1.0, 2.0],
    }
    assert after(CHAIN, **TYPES) == {
        "time_month": "float",
        "time_weekday": "int",
        "carrier": "vector",
        "temp": "float",
        "flight": "float",
    }


def test_train_rows_come_out_of_the_fit_as_apply_makes_them() -> None:
    rows = table({"x": [1.0, None, 5.0]}, schema(x="float?"))
    stages = place([step("{op: impute, columns: x, strategy: mean}")], schema(x="float?"))
    states, made = fitted(stages, rows)
    assert made.equals(applied(stages, states, rows))


def test_states_are_json() -> None:
    rows = table({"x": ["b", "a"], "n": [1, 2], "t": [0, 1]}, schema(x="string", n="int", t="datetime"))
    text = """{op: category, columns: x};{op: standard, columns: n};
    {op: date_parts, columns: t, parts: hour, time_zone: Asia/Kolkata}"""
    stages = place([step(part) for part in text.split(";")], schema(x="string", n="int", t="datetime"))
    states, _ = fitted(stages, rows)
    assert json.loads(json.dumps(states, allow_nan=False)) == list(states)
    assert states[:2] == ({"x": ["a", "b"]}, {"n": {"mean": 1.5, "scale": 0.5}})


def test_columns_that_no_step_names_pass_through() -> None:
    made = transformed(
        "{op: standard, columns: x}", {"s": ["a"], "x": [1.0], "d": [0]}, s="string", x="float", d="date"
    )
    assert list(made) == ["s", "x", "d"]


def test_column_names_are_any_text() -> None:
    columns: dict[str, Any] = dict.fromkeys(["^x", "a b", "日本", "'\"", "columns"], "float")
    made = transformed(
        "{op: standard, columns: {dtype: float}}", {name: [1.0, 3.0] for name in columns}, **columns
    )
    assert made == {name: [-1.0, 1.0] for name in columns}


@pytest.mark.parametrize(
    ("text", "at", "message"),
    [
        ("{op: standard, columns: y}", "0.columns", "unknown column 'y'"),
        ("{op: standard, columns: [x, y]}", "0.columns.1", "unknown column 'y'"),
        ("{op: standard, columns: [x, x]}", "0.columns.1", "column 'x' is listed twice"),
        ("{op: standard, columns: {dtype: int}}", "0.columns", "the selector matches no column"),
        (
            "{op: standard, columns: x};{op: date_parts, columns: t, parts: month};{op: category, columns: t}",
            "2.columns",
            "unknown column 't'",
        ),
    ],
)
def test_a_problem_names_its_step_and_place(text: str, at: str, message: str) -> None:
    assert problems(text, x="float", t="date") == [(at, message)]


def test_all_columns_of_a_step_that_do_not_suit_are_told_together() -> None:
    columns = {"x": "float", "s": "string", "t": "date"}
    assert problems("{op: standard, columns: [x, s, t]};{op: category, columns: q}", **columns) == [
        ("0.columns.1", "'standard' takes int or float, but column 's' is string"),
        ("0.columns.2", "'standard' takes int or float, but column 't' is date"),
        ("1.columns", "unknown column 'q'"),
    ]


def test_a_selector_that_takes_too_many_columns_is_one_mistake() -> None:
    message = "'standard' takes int or float, but column 's' is string (same for 1 other column)"
    columns = {"x": "float", "s": "string", "t": "date"}
    assert problems("{op: standard, columns: {except: x}}", **columns) == [("0.columns", message)]


def test_a_value_that_does_not_suit_several_columns_is_one_mistake() -> None:
    text = "{op: impute, columns: [x, y, n], strategy: constant, fill_value: a}"
    message = "'fill_value' must be a finite number, because column 'x' is float (same for 2 other columns)"
    assert problems(text, x="float", y="float", n="int") == [("0.fill_value", message)]


@pytest.mark.parametrize(
    "text",
    [
        "{op: standard, columns: x}",
        "{op: one_hot, columns: x};{op: standard, columns: x}",
        "{op: impute, columns: x, strategy: mean}",
        "{op: date_parts, columns: x, parts: hour};{op: category, columns: x_hour}",
    ],
)
def test_a_column_of_unknown_type_silences_what_depends_on_it(text: str) -> None:
    assert problems(text, x=ColumnType(UNKNOWN)) == []
    assert set(after(text, x=ColumnType(UNKNOWN)).values()) == {UNKNOWN}


def test_canonical_parameters_name_the_columns_selected() -> None:
    assert step("{op: standard, columns: {dtype: numeric}}").canonical(
        schema(a="int", s="string", b="float")
    ) == {
        "op": "standard",
        "columns": ["a", "b"],
        "with_mean": True,
        "with_std": True,
    }


def test_only_columns_that_come_through_a_tolerant_step_are_compared_with_a_tolerance() -> None:
    text = """{op: derive, columns: {sum: a + b}};{op: derive, columns: {log: LN(a)}};
    {op: standard, columns: {dtype: float}};{op: derive, columns: {both: sum + log}}"""
    stages = place([step(part) for part in text.split(";")], schema(a="float", b="float"))
    found = tolerances(stages, {"a": 0.0, "b": 0.0})
    assert {name for name, tolerance in found.items() if tolerance} == {"log", "both"}
    assert {name for name, tolerance in tolerances(stages, {"a": 0.0, "b": 1e-12}).items() if tolerance} == {
        "b", "sum", "log", "both"
    }  # fmt: skip
