from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest
from sklearn.impute import MissingIndicator

from tests.ops.written import after, problems, transformed

X = "{op: missing_indicator, columns: x}"


@pytest.mark.parametrize(
    ("dtype", "values"),
    [
        ("bool?", [True, None, False]),
        ("int?", [0, None, 5]),
        ("float?", [float("inf"), None, 0.0]),
        ("string?", ["", None, "nan"]),
        ("date?", [date(1970, 1, 1), None, date(2013, 1, 2)]),
    ],
)
def test_a_column_says_where_another_one_is_missing(dtype: str, values: list[Any]) -> None:
    assert transformed(X, {"x": values}, x=dtype) == {"x": values, "x_missing": [False, True, False]}
    assert after(X, x=dtype, y="int") == {"x": dtype, "x_missing": "bool", "y": "int"}


def test_the_column_can_be_dropped() -> None:
    text = "{op: missing_indicator, columns: x, keep: false}"
    assert transformed(text, {"x": ["a", "b"]}, x="string") == {"x_missing": [False, False]}
    assert after(text, x="string?", y="int") == {"x_missing": "bool", "y": "int"}


def test_an_unknown_category_is_missing() -> None:
    text = "{op: category, columns: x};{op: missing_indicator, columns: x}"
    made = transformed(text, {"x": ["a", "b"]}, {"x": ["b", "c"]}, x="string")
    assert made == {"x": [2.0, None], "x_missing": [False, True]}


def test_the_flags_are_those_of_scikit_learn() -> None:
    values = np.array([1.0, np.nan, 3.0, np.nan])
    cells = [None if np.isnan(value) else value for value in values]
    made = transformed(X, {"x": cells}, x="float?")["x_missing"]
    assert made == MissingIndicator().fit_transform(values.reshape(-1, 1)).ravel().tolist()


def test_a_second_column_of_the_name_is_refused() -> None:
    message = "the step would add a second column 'x_missing'"
    assert problems(X, x="float", x_missing="bool") == [("0", message)]


def test_vectors_are_refused() -> None:
    text = "{op: one_hot, columns: [c, d]};{op: missing_indicator, columns: [c, x, d]}"
    message = "'missing_indicator' takes bool, int, float, string, date, datetime or category, but column '{}' is vector"
    assert problems(text, c="string", d="bool", x="int") == [
        ("1.columns.0", message.format("c")),
        ("1.columns.2", message.format("d")),
    ]
