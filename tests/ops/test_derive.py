from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest

from mlbuild.ops.derive import NAME
from tests.ops.written import after, problems, schema, step, transformed


def test_columns_are_added_behind_all_others() -> None:
    text = "{op: derive, columns: {speed: distance / air_time, far: distance > 1000}}"
    cells: dict[str, list[Any]] = {"distance": [500.0, 2000.0], "air_time": [50.0, None]}
    assert transformed(text, cells, distance="float", air_time="float?") == {
        "distance": [500.0, 2000.0],
        "air_time": [50.0, None],
        "far": [False, True],
        "speed": [10.0, None],
    }
    assert after(text, distance="float", air_time="float?") == {
        "distance": "float",
        "air_time": "float?",
        "far": "bool",
        "speed": "float?",
    }


def test_an_expression_can_give_text_and_dates() -> None:
    text = """{op: derive, columns: {day: "COALESCE(d, '2013-10-01')", place: "COALESCE(s, 'none')"}}"""
    cells: dict[str, list[Any]] = {"d": [None, date(2014, 1, 1)], "s": ["x", None]}
    made = transformed(text, cells, d="date?", s="string?")
    assert made["day"] == [date(2013, 10, 1), date(2014, 1, 1)]
    assert made["place"] == ["x", "none"]


def test_a_step_behind_sees_the_new_column() -> None:
    text = "{op: derive, columns: {y: 2 * x}};{op: standard, columns: [x, y]}"
    made = transformed(text, {"x": [1.0, 3.0]}, x="float")
    assert made == {"x": [-1.0, 1.0], "y": [-1.0, 1.0]}


def test_only_the_columns_that_expressions_name_are_read_in_their_order() -> None:
    derive = step("{op: derive, columns: {p: c + a, q: a * 2}}")
    assert derive.reads(schema(a="int", b="int", c="int")) == ("a", "c")


def test_canonical_parameters_are_trees_that_mean_the_same() -> None:
    columns = schema(x="float")
    one, other = step("{op: derive, columns: {y: x*2}}"), step("{op: derive, columns: {y: ' x  * (1 + 1)'}}")
    assert one.canonical(columns) == other.canonical(columns)
    again = type(one)(columns=one.canonical(columns)["columns"])
    assert again.canonical(columns) == one.canonical(columns)
    assert again.infer(columns) == one.infer(columns)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{op: derive, columns: {x: n + 1}}", [("0.columns.x", "there is already a column 'x'")]),
        ("{op: derive, columns: {y: m + 1}}", [("0.columns.y", "unknown column 'm'")]),
        (
            "{op: derive, columns: {z: m + 1, y: z}}",
            [("0.columns.y", "unknown column 'z'"), ("0.columns.z", "unknown column 'm'")],
        ),
    ],
)
def test_a_problem_names_the_column_and_its_place(text: str, found: list[tuple[str, str]]) -> None:
    assert problems(text, x="float", n="int") == found


@pytest.mark.parametrize(
    "text",
    [
        "{op: one_hot, columns: n};{op: derive, columns: {y: n + 1}}",
        "{op: impute, columns: n, strategy: mean};{op: derive, columns: {y: 1 + 1}}",
    ],
)
def test_vectors_and_constants_are_no_material(text: str) -> None:
    assert [at for at, _ in problems(text, n="int")] == ["1.columns.y"]


@pytest.mark.parametrize(
    ("name", "fits"),
    [("speed", True), ("^x", True), ("a b", True), ("日本", True), ("*", False), ("^a$", False), ("", False)],
)
def test_a_name_is_any_text_but_a_pattern(name: str, fits: bool) -> None:
    assert bool(re.search(NAME, name)) == fits
