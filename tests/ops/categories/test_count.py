from __future__ import annotations

import pytest

from mlbuild.columns import ColumnType
from mlbuild.diagnostics import Failed
from tests.ops.written import after, problems, transformed

X = "{op: count, columns: x}"


@pytest.mark.parametrize(
    ("dtype", "train", "later", "expected"),
    [
        ("string?", ["b", "a", None, "b"], ["a", "b", "c", "", None], [1, 2, 0, 0, None]),
        ("int?", [7, 7, None], [7, 0, None], [2, 0, None]),
        ("bool", [True, True], [True, False], [2, 0]),
    ],
)
def test_a_category_becomes_its_number_of_rows(
    dtype: str, train: list[object], later: list[object], expected: list[int | None]
) -> None:
    assert transformed(X, {"x": train}, {"x": later}, x=dtype) == {"x": expected}


def test_a_share_is_of_the_rows_that_are_not_missing() -> None:
    text = "{op: count, columns: x, normalize: true}"
    train = {"x": ["a", None, "b", "a", "a"]}
    assert transformed(text, train, {"x": ["a", "b", "c", None]}, x="string?") == {
        "x": [0.75, 0.25, 0.0, None]
    }
    assert after(X, x="string?", y="int") == {"x": "int?", "y": "int"}
    assert after(text, x="string") == {"x": "float"}


def test_a_category_of_the_contract_without_rows_counts_zero() -> None:
    closed = ColumnType("string", False, ("b", "a"))
    assert transformed(X, {"x": ["b"]}, {"x": ["a", "b"]}, x=closed) == {"x": [0, 1]}


def test_a_column_that_is_missing_everywhere_cannot_be_learned_from() -> None:
    with pytest.raises(Failed, match="column 'x' has no values in the training rows"):
        transformed(X, {"x": [None]}, x="string?")


def test_floats_are_refused() -> None:
    message = "'count' takes string, int or bool, but column 'x' is float"
    assert problems(X, x="float") == [("0.columns", message)]
