from __future__ import annotations

from typing import Any

import pytest

from mlbuild.columns import ColumnType
from tests.ops.written import after, problems, transformed

X = "{op: one_hot, columns: x}"


@pytest.mark.parametrize(
    ("dtype", "train", "expected"),
    [
        ("string", ["b", "a"], [[0.0, 1.0], [1.0, 0.0]]),
        ("int", [5, -5, 0], [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]),
        ("bool", [True], [[1.0]]),
    ],
)
def test_each_category_has_its_place(dtype: str, train: list[Any], expected: list[list[float]]) -> None:
    assert transformed(X, {"x": train}, x=dtype) == {"x": expected}


def test_places_follow_the_order_of_the_contract() -> None:
    size = ColumnType("string", categories=("small", "large", "huge"))
    assert transformed(X, {"x": ["large"]}, x=size) == {"x": [[0.0, 1.0, 0.0]]}


def test_unknown_and_missing_values_are_zero_everywhere() -> None:
    made = transformed(X, {"x": ["a", "b", None]}, {"x": ["c", None, ""]}, x="string?")
    assert made == {"x": [[0.0, 0.0]] * 3}


@pytest.mark.parametrize(("dtype", "values"), [("string?", ["a", "b", None]), ("int?", [0, 1, None])])
def test_an_indicator_marks_missing_values(dtype: str, values: list[Any]) -> None:
    text = "{op: one_hot, columns: x, handle_missing: indicator}"
    made = transformed(text, {"x": values[:1]}, {"x": values}, x=dtype)
    assert made == {"x": [[1.0, 0.0], [0.0, 0.0], [0.0, 1.0]]}


def test_no_row_has_the_same_width() -> None:
    assert transformed(X, {"x": ["a", "b"]}, {"x": []}, x="string") == {"x": []}


def test_the_column_keeps_its_name_and_is_never_missing() -> None:
    assert after(X, x="string?") == {"x": "vector"}


def test_a_vector_cannot_be_encoded_again() -> None:
    message = "'one_hot' takes string, int or bool, but column 'x' is vector"
    assert problems(f"{X};{X}", x="string") == [("1.columns", message)]
