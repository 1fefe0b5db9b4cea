from __future__ import annotations

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from mlbuild.diagnostics import Failed
from tests.ops.written import after, problems, transformed

X = "{op: standard, columns: x}"


def test_numbers_are_centred_and_scaled() -> None:
    assert transformed(X, {"x": [1.0, 3.0]}, {"x": [1.0, 2.0, 5.0]}, x="float") == {"x": [-1.0, 0.0, 3.0]}


def test_whole_numbers_become_floats() -> None:
    assert transformed(X, {"x": [2, 4, 6, 8]}, {"x": [5]}, x="int") == {"x": [0.0]}
    assert after(X, x="int?") == {"x": "float?"}


def test_missing_values_are_ignored_and_kept() -> None:
    assert transformed(X, {"x": [1.0, None, 3.0]}, x="float?") == {"x": [-1.0, None, 1.0]}


@pytest.mark.parametrize("value", [0.0, 0.1, -7.0, 1e100, 5e-324])
def test_a_constant_column_is_only_centred(value: float) -> None:
    made = transformed(X, {"x": [value] * 7}, x="float")["x"]
    assert np.allclose(made, 0, atol=abs(value) * 1e-15)


def test_one_row_is_a_constant_column() -> None:
    assert transformed(X, {"x": [1e300]}, {"x": [-1e300]}, x="float") == {"x": [-2e300]}


@pytest.mark.parametrize(
    ("written", "expected"), [("with_mean: false", [0.5, 1.5]), ("with_std: false", [-2.0, 2.0])]
)
def test_either_half_can_be_left_out(written: str, expected: list[float]) -> None:
    train = {"x": [1.0, 5.0]}
    later = {"x": [1.0, 3.0]} if "mean" in written else None
    assert transformed(f"{{op: standard, columns: x, {written}}}", train, later, x="float") == {"x": expected}


def test_the_numbers_are_those_of_scikit_learn() -> None:
    values = np.random.default_rng(0).normal(50, 1e-3, 500)
    made = transformed(X, {"x": values.tolist()}, x="float")["x"]
    expected = StandardScaler().fit_transform(values.reshape(-1, 1)).ravel()
    np.testing.assert_allclose(made, expected, rtol=1e-9, atol=1e-9)


def test_infinite_values_come_later_only() -> None:
    infinity = float("inf")
    assert transformed(X, {"x": [1.0, 3.0]}, {"x": [infinity, -infinity]}, x="float") == {
        "x": [infinity, -infinity]
    }
    message = "column 'x' has values in the training rows that are infinite or too large"
    with pytest.raises(Failed, match=message):
        transformed(X, {"x": [1.0, infinity]}, x="float")
    with pytest.raises(Failed, match=message):
        transformed(X, {"x": [-1e200, 1e200]}, x="float")


def test_a_column_that_is_missing_everywhere_cannot_be_learned_from() -> None:
    with pytest.raises(Failed, match="column 'x' has no values in the training rows"):
        transformed(X, {"x": [None]}, x="float?")


def test_text_is_refused() -> None:
    assert problems("{op: standard, columns: [n, s]}", n="int", s="string") == [
        ("0.columns.1", "'standard' takes int or float, but column 's' is string")
    ]


def test_a_step_without_effect_is_refused() -> None:
    text = "{op: standard, columns: x, with_mean: false, with_std: false}"
    message = "the step does nothing if 'with_mean' and 'with_std' are both false"
    assert problems(text, x="float") == [("0", message)]
