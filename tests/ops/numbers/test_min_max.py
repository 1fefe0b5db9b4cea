from __future__ import annotations

import numpy as np
import pytest
from sklearn.preprocessing import MinMaxScaler

from mlbuild.diagnostics import Failed
from tests.ops.written import after, problems, transformed

X = "{op: min_max, columns: x}"
INF = float("inf")


def test_the_training_rows_fill_the_range() -> None:
    later = {"x": [10, 15, None, 20, 40]}
    assert transformed(X, {"x": [10, None, 20]}, later, x="int?") == {"x": [0.0, 0.5, None, 1.0, 3.0]}
    assert after(X, x="int?") == {"x": "float?"}


def test_other_rows_are_kept_in_the_range_on_request() -> None:
    text = "{op: min_max, columns: x, feature_range: [-1, 1], clip: true}"
    later = {"x": [-INF, 0.0, 3.0, INF]}
    assert transformed(text, {"x": [2.0, 4.0]}, later, x="float") == {"x": [-1.0, -1.0, 0.0, 1.0]}


@pytest.mark.parametrize("value", [0.0, 0.1, -7.0, 1e100])
def test_a_constant_column_becomes_the_lower_end(value: float) -> None:
    text = "{op: min_max, columns: x, feature_range: [2, 3]}"
    made = transformed(text, {"x": [value] * 3}, x="float")["x"]
    assert np.allclose(made, 2, rtol=1e-15, atol=abs(value) * 1e-15)


@pytest.mark.parametrize("written", ["", ", feature_range: [-3, 0.7]", ", clip: true"])
def test_the_numbers_are_those_of_scikit_learn(written: str) -> None:
    chance = np.random.default_rng(0)
    train, later = chance.normal(50, 3, 500), chance.normal(50, 9, 500)
    options = {"feature_range": (-3, 0.7)} if "range" in written else {"clip": "clip" in written}
    scaler = MinMaxScaler(**options).fit(train.reshape(-1, 1))
    text = f"{{op: min_max, columns: x{written}}}"
    made = transformed(text, {"x": train.tolist()}, {"x": later.tolist()}, x="float")["x"]
    np.testing.assert_array_equal(made, scaler.transform(later.reshape(-1, 1)).ravel())


@pytest.mark.parametrize("values", [[1.0, INF], [-1e308, 1e308]])
def test_a_range_without_end_cannot_be_learned(values: list[float]) -> None:
    with pytest.raises(
        Failed, match="column 'x' has values in the training rows that are infinite or too large"
    ):
        transformed(X, {"x": values}, x="float")


def test_a_column_that_is_missing_everywhere_cannot_be_learned_from() -> None:
    with pytest.raises(Failed, match="column 'x' has no values in the training rows"):
        transformed(X, {"x": [None]}, x="float?")


@pytest.mark.parametrize("written", ["[1, 0]", "[1, 1]", "[3]", "[0, 0.5, 1]"])
def test_what_is_not_a_range_is_refused(written: str) -> None:
    message = f"'feature_range' must be two numbers, the lower one first, not {written}"
    text = f"{{op: min_max, columns: x, feature_range: {written}}}"
    assert problems(text, x="float") == [("0.feature_range", message)]
