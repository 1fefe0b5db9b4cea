from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from sklearn.preprocessing import OneHotEncoder

from mlbuild.columns import ColumnType
from mlbuild.ops.stages import place
from tests.ops.written import after, problems, schema, step, transformed

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


@pytest.mark.parametrize(
    ("written", "later", "expected"),
    [
        (
            "min_frequency: 2",
            ["a", "b", "c", "z", None],
            [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1], [0, 0, 0]],
        ),
        ("min_frequency: 0.4", ["a", "b", "z"], [[1, 0], [0, 1], [0, 1]]),
        ("max_categories: 3", ["a", "b", "c", "z"], [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]]),
        ("max_categories: 2, handle_missing: indicator", ["a", "b", None], [[1, 0, 0], [0, 1, 0], [0, 0, 1]]),
        ("min_frequency: 99", ["a", "", None], [[1], [1], [0]]),
    ],
)
def test_infrequent_categories_share_a_place(
    written: str, later: list[Any], expected: list[list[float]]
) -> None:
    train = {"x": ["a"] * 5 + ["b"] * 3 + ["c", None]}
    assert transformed(f"{{op: one_hot, columns: x, {written}}}", train, {"x": later}, x="string?") == {
        "x": expected
    }


@pytest.mark.parametrize(
    ("written", "train", "expected"),
    [
        ("drop: first", ["a", "b", "c"], [[0, 0], [1, 0], [0, 1], [0, 0]]),
        ("drop: first", ["a"], [[1], [0], [0], [0]]),
        ("drop: if_binary", ["a", "b"], [[0], [1], [0], [0]]),
        ("drop: if_binary", ["a", "b", "c"], [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]]),
        ("drop: first, min_frequency: 2", ["a", "b", "b"], [[1], [0], [1], [1]]),
    ],
)
def test_a_place_can_be_left_out(written: str, train: list[Any], expected: list[list[float]]) -> None:
    text = f"{{op: one_hot, columns: x, {written}}}"
    assert transformed(text, {"x": train}, {"x": ["a", "b", "c", "z"]}, x="string") == {"x": expected}


def test_places_that_are_left_have_names() -> None:
    text = "{op: one_hot, columns: x, drop: first, min_frequency: 2, handle_missing: indicator}"
    (stage,) = place([step(text)], schema(x="string?"))
    state = {"x": {"categories": ["a", "b"], "others": True}}
    assert stage.step.elements(state) == {"x": ["b", "infrequent", "missing"]}


@pytest.mark.parametrize(
    "options",
    [
        {"min_frequency": 30},
        {"min_frequency": 0.1},
        {"max_categories": 4},
        {"max_categories": 4, "min_frequency": 3, "drop": "first"},
        {"drop": "first"},
        {"drop": "if_binary"},
    ],
)
@pytest.mark.parametrize("letters", ["ab", "abcdefgh"])
def test_the_places_are_those_of_scikit_learn(options: dict[str, Any], letters: str) -> None:
    chance = np.random.default_rng(0)
    shares = 2.0 ** np.arange(len(letters))
    words = chance.choice([*letters], 300, p=shares / shares.sum())
    unknown = "infrequent_if_exist"
    encoder = OneHotEncoder(**options, handle_unknown=unknown, sparse_output=False).fit(words.reshape(-1, 1))
    written = "".join(f", {key}: {value}" for key, value in options.items())
    later = [*letters, "?"]
    cells = [{"x": words.tolist()}, {"x": later}]
    made = transformed(f"{{op: one_hot, columns: x{written}}}", *cells, x="string")["x"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # unknown values are as if they were dropped
        expected = encoder.transform(np.array(later).reshape(-1, 1))
    assert made == expected.tolist()


def test_a_frequency_is_a_share_or_a_number_of_rows() -> None:
    message = "'min_frequency' must be a share below 1 or a number of rows, not 1.5"
    text = "{op: one_hot, columns: x, min_frequency: 1.5}"
    assert problems(text, x="string") == [("0.min_frequency", message)]
