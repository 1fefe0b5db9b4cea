from __future__ import annotations

import pytest

from mlbuild.columns import ColumnType
from tests.ops.written import after, problems, transformed


@pytest.mark.parametrize(
    ("written", "dtype", "values", "expected"),
    [
        ("mapping: {a: b, b: a}", "string?", ["a", "b", "c", "", None], ["b", "a", "c", "", None]),
        ("missing: [N/A, '?']", "string?", ["N/A", "?", "x", None], [None, None, "x", None]),
        ("mapping: {x: y}, missing: N/A", "string", ["N/A", "x", "y"], [None, "y", "y"]),
        ("mapping: {'-1': 5}, missing: 99", "int?", [-1, 99, 7, None], [5, None, 7, None]),
        ("mapping: {'true': false}", "bool?", [True, False, None], [False, False, None]),
    ],
)
def test_values_are_replaced_once_and_at_the_same_time(
    written: str, dtype: str, values: list[object], expected: list[object]
) -> None:
    assert transformed(f"{{op: replace, columns: x, {written}}}", {"x": values}, x=dtype) == {"x": expected}


def test_values_can_be_missing_only_if_some_become_missing() -> None:
    assert after("{op: replace, columns: x, mapping: {a: b}}", x="string") == {"x": "string"}
    assert after("{op: replace, columns: x, missing: a}", x="string") == {"x": "string?"}


def test_categories_of_the_contract_are_replaced_too() -> None:
    closed = ColumnType("string", False, ("c", "b", "a"))
    text = "{op: replace, columns: x, mapping: {c: z, b: a}};{op: ordinal, columns: x}"
    assert transformed(text, {"x": ["a", "b", "c"]}, x=closed) == {"x": [1, 1, 0]}
    text = "{op: replace, columns: x, missing: c};{op: ordinal, columns: x}"
    assert transformed(text, {"x": ["a", "b", "c"]}, x=closed) == {"x": [1, 0, None]}


@pytest.mark.parametrize(
    ("written", "dtype", "at", "message"),
    [
        ("", "string", "0", "'replace' needs 'mapping' or 'missing'"),
        (
            ", mapping: {a: 1}",
            "string",
            "0.mapping.a",
            "the new value must be text, because column 'x' is string",
        ),
        (
            ", mapping: {a: 1}",
            "int",
            "0.mapping.a",
            "'a' must be an integer up to 2^53, because column 'x' is int",
        ),
        (
            ", missing: [1, none]",
            "int",
            "0.missing.1",
            "the value must be an integer up to 2^53, because column 'x' is int",
        ),
        (", mapping: {a: b}, missing: a", "string", "0.missing", "a is replaced twice"),
        (
            ", missing: 1.5",
            "float",
            "0.columns",
            "'replace' takes string, int or bool, but column 'x' is float",
        ),
    ],
)
def test_values_that_make_no_sense_are_refused(written: str, dtype: str, at: str, message: str) -> None:
    assert problems(f"{{op: replace, columns: x{written}}}", x=dtype) == [(at, message)]
