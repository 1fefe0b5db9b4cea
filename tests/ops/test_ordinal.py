from __future__ import annotations

from typing import Any

import pytest

from mlbuild.columns import ColumnType
from tests.ops.written import after, problems, transformed

X = "{op: ordinal, columns: x}"


@pytest.mark.parametrize(
    ("dtype", "train", "expected"),
    [
        ("string", ["b", "a", "c", "a"], [1, 0, 2, 0]),
        ("string", ["é", "z", "Z", ""], [3, 2, 1, 0]),
        ("int", [10, -3, 9], [2, 0, 1]),
        ("bool", [True, False], [1, 0]),
    ],
)
def test_codes_count_sorted_values_from_0(dtype: str, train: list[Any], expected: list[int]) -> None:
    assert transformed(X, {"x": train}, x=dtype) == {"x": expected}


def test_codes_follow_the_order_of_the_contract() -> None:
    size = ColumnType("string", categories=("small", "large", "huge"))
    assert transformed(X, {"x": ["large", "small"]}, {"x": ["huge", "tiny"]}, x=size) == {"x": [2, -1]}


def test_unknown_values_have_a_code_and_missing_ones_stay_missing() -> None:
    made = transformed(X, {"x": ["a", None]}, {"x": ["a", "", "A", None]}, x="string?")
    assert made == {"x": [0, -1, -1, None]}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("unknown_value: -7", [0, -7, None]),
        ("encoded_missing_value: -1", [0, -1, -1]),
        ("unknown_value: -5, encoded_missing_value: -2", [0, -5, -2]),
    ],
)
@pytest.mark.parametrize(("dtype", "values"), [("string?", ["a", "b", None]), ("int?", [0, 1, None])])
def test_both_codes_can_be_chosen(
    written: str, expected: list[int | None], dtype: str, values: list[Any]
) -> None:
    text = f"{{op: ordinal, columns: x, {written}}}"
    assert transformed(text, {"x": values[:1]}, {"x": values}, x=dtype) == {"x": expected}


def test_codes_are_missing_where_values_are_unless_these_have_a_code() -> None:
    assert after(X, x="string?", y="string") == {"x": "int?", "y": "string"}
    assert after("{op: ordinal, columns: x, encoded_missing_value: -2}", x="string?") == {"x": "int"}
    assert after(X, x="string") == {"x": "int"}


@pytest.mark.parametrize("dtype", ["float", "date", "datetime"])
def test_only_text_whole_numbers_and_truth_values_are_categories(dtype: str) -> None:
    message = f"'ordinal' takes string, int or bool, but column 'x' is {dtype}"
    assert problems(X, x=dtype) == [("0.columns", message)]


def test_a_given_order_decides() -> None:
    text = "{op: ordinal, columns: x, categories: [low, medium, high]}"
    later = {"x": ["high", "low", "medium", "huge", None]}
    assert transformed(text, {"x": ["medium"] * 5}, later, x="string?") == {"x": [2, 0, 1, -1, None]}
    text = "{op: ordinal, columns: x, categories: [3, 1]}"
    assert transformed(text, {"x": [1, 2, 3]}, x="int") == {"x": [1, -1, 0]}


def test_a_given_order_is_of_the_dtype_of_the_column() -> None:
    text = "{op: ordinal, columns: x, categories: [1, low, 1.0]}"
    assert problems(text, x="int") == [
        ("0.categories.1", "a category must be an integer up to 2^53, because column 'x' is int"),
        ("0.categories.2", "1 is listed twice"),
    ]
