from __future__ import annotations

import numpy as np
import pytest
from sklearn.preprocessing import OneHotEncoder

from mlbuild.columns import ColumnType
from tests.ops.written import after, problems, transformed

TRAIN = {"x": ["a"] * 5 + ["b"] * 3 + ["c"] + [None]}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("min_frequency: 3", ["a", "b", "rare", "rare", None]),
        ("min_frequency: 0.4", ["a", "rare", "rare", "rare", None]),
        ("max_categories: 2", ["a", "rare", "rare", "rare", None]),
        ("max_categories: 3", ["a", "b", "c", "rare", None]),
        ("min_frequency: 2, value: other", ["a", "b", "other", "other", None]),
        ("min_frequency: 99", ["rare", "rare", "rare", "rare", None]),
    ],
)
def test_rare_and_unseen_values_become_one(written: str, expected: list[str | None]) -> None:
    text = f"{{op: rare, columns: x, {written}}}"
    later = {"x": ["a", "b", "c", "d", None]}
    assert transformed(text, TRAIN, later, x="string?") == {"x": expected}
    assert after(text, x="string?") == {"x": "string?"}


def test_integers_become_an_integer() -> None:
    text = "{op: rare, columns: x, min_frequency: 2, value: -1}"
    assert transformed(text, {"x": [7, 7, 8, None]}, {"x": [7, 8, 9, None]}, x="int?") == {
        "x": [7, -1, -1, None]
    }


def test_the_value_comes_behind_the_categories_of_the_contract() -> None:
    closed = ColumnType("string", False, ("b", "a"))
    text = "{op: rare, columns: x, min_frequency: 2};{op: ordinal, columns: x}"
    assert transformed(text, {"x": ["b", "a", "a"]}, x=closed) == {"x": [2, 1, 1]}


@pytest.mark.parametrize("options", [{"min_frequency": 30}, {"min_frequency": 0.1}, {"max_categories": 4}])
def test_the_frequent_ones_are_those_of_scikit_learn(options: dict[str, float]) -> None:
    words = np.random.default_rng(0).choice([*"abcdefgh"], 300, p=np.array([1, 1, 2, 4, 6, 9, 20, 57]) / 100)
    encoder = OneHotEncoder(**options).fit(words.reshape(-1, 1))
    written = ", ".join(f"{key}: {value}" for key, value in options.items())
    made = transformed(f"{{op: rare, columns: x, {written}}}", {"x": words.tolist()}, x="string")["x"]
    rare = {*encoder.infrequent_categories_[0].tolist()}
    assert rare
    assert made == ["rare" if word in rare else word for word in words.tolist()]


@pytest.mark.parametrize(
    ("written", "dtype", "at", "message"),
    [
        ("", "string", "0", "'rare' needs 'min_frequency' or 'max_categories'"),
        (
            ", min_frequency: 2.5",
            "string",
            "0.min_frequency",
            "'min_frequency' must be a share below 1 or a number of rows, not 2.5",
        ),
        (
            ", min_frequency: 2",
            "int",
            "0.value",
            "'value' must be an integer up to 2^53, because column 'x' is int",
        ),
        (", min_frequency: 2", "bool", "0.columns", "'rare' takes string or int, but column 'x' is bool"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(written: str, dtype: str, at: str, message: str) -> None:
    assert problems(f"{{op: rare, columns: x{written}}}", x=dtype) == [(at, message)]
