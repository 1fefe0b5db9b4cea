from __future__ import annotations

import numpy as np
import pytest
from sklearn.preprocessing import MaxAbsScaler

from mlbuild.diagnostics import Failed
from tests.ops.written import after, problems, transformed

X = "{op: max_abs, columns: x}"
INF = float("inf")


def test_the_largest_magnitude_becomes_one() -> None:
    later = {"x": [-4, 0, None, 2, 8]}
    assert transformed(X, {"x": [-4, None, 2]}, later, x="int?") == {"x": [-1.0, 0.0, None, 0.5, 2.0]}
    assert after(X, x="int?") == {"x": "float?"}


@pytest.mark.parametrize("value", [0.0, -0.0, 1e-300, 2e-15])
def test_zeros_are_not_scaled(value: float) -> None:
    assert transformed(X, {"x": [value, 0.0]}, {"x": [3.0]}, x="float") == {"x": [3.0]}


def test_the_numbers_are_those_of_scikit_learn() -> None:
    """It divides, so the last bit can differ."""
    values = np.random.default_rng(0).normal(50, 30, 500)
    made = transformed(X, {"x": values.tolist()}, x="float")["x"]
    expected = MaxAbsScaler().fit_transform(values.reshape(-1, 1)).ravel()
    np.testing.assert_allclose(made, expected, rtol=3e-16, atol=0)


def test_infinite_values_come_later_only() -> None:
    assert transformed(X, {"x": [2.0]}, {"x": [-INF, INF]}, x="float") == {"x": [-INF, INF]}
    with pytest.raises(
        Failed, match="column 'x' has values in the training rows that are infinite or too large"
    ):
        transformed(X, {"x": [1.0, -INF]}, x="float")


def test_text_is_refused() -> None:
    message = "'max_abs' takes int or float, but column 's' is string"
    assert problems("{op: max_abs, columns: s}", s="string") == [("0.columns", message)]
