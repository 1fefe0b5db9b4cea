from __future__ import annotations

from typing import Any

import pytest

from mlbuild.columns import ColumnType
from tests.ops.written import after, problems, transformed

X = "{op: category, columns: x}"


@pytest.mark.parametrize(
    ("dtype", "train", "expected"),
    [
        ("string", ["b", "a", "b"], [2.0, 1.0, 2.0]),
        ("int", [40, -1, 7], [3.0, 1.0, 2.0]),
        ("bool", [True, True], [1.0, 1.0]),
    ],
)
def test_codes_count_from_1(dtype: str, train: list[Any], expected: list[float]) -> None:
    assert transformed(X, {"x": train}, x=dtype) == {"x": expected}


def test_codes_follow_the_order_of_the_contract() -> None:
    size = ColumnType("string", categories=("small", "large"))
    assert transformed(X, {"x": ["large"]}, {"x": ["large", "small"]}, x=size) == {"x": [2.0, 1.0]}


def test_unknown_and_missing_values_are_missing() -> None:
    made = transformed(X, {"x": ["a", None]}, {"x": ["a", "b", "", None]}, x="string?")
    assert made == {"x": [1.0, None, None, None]}
    assert after(X, x="string") == {"x": "category?"}


def test_numbers_with_fractions_are_no_categories() -> None:
    message = "'category' takes string, int or bool, but column 'x' is float"
    assert problems("{op: category, columns: [s, x]}", s="string", x="float") == [("0.columns.1", message)]
