from __future__ import annotations

import numpy as np
import pytest
from sklearn.preprocessing import PowerTransformer

from mlbuild.diagnostics import Failed
from tests.ops.written import after, problems, transformed

INF = float("inf")


@pytest.mark.parametrize("method", ["yeo-johnson", "box-cox"])
@pytest.mark.parametrize("shape", ["lognormal", "gamma", "near"])
def test_the_numbers_are_those_of_scikit_learn(method: str, shape: str) -> None:
    chance = np.random.default_rng(0)
    drawn = {
        "lognormal": chance.lognormal(0, 2, 600),
        "gamma": chance.gamma(3, 9, 600),
        "near": chance.normal(0, 1e-3, 600) + (method == "box-cox"),
    }[shape]
    train, later = drawn[:300], drawn[300:]
    transformer = PowerTransformer(method=method, standardize=False).fit(train.reshape(-1, 1))
    text = f"{{op: power, columns: x, method: {method}}}"
    made = transformed(text, {"x": train.tolist()}, {"x": later.tolist()}, x="float")["x"]
    expected = transformer.transform(later.reshape(-1, 1)).ravel()
    # The most likely exponent is only as exact as the optimizer.
    np.testing.assert_allclose(made, expected, rtol=1e-6)


@pytest.mark.parametrize("scale", [1e-300, 1e-15, 1e-3, 1.0, 1e8, 1e300])
def test_the_graph_keeps_the_digits_of_small_and_large_numbers(scale: float) -> None:
    chance = np.random.default_rng(0)
    train = {"x": chance.gamma(2, 2, 100).tolist()}
    later = {"x": (chance.normal(0, 1, 200) * scale).tolist()}
    assert None not in transformed("{op: power, columns: x}", train, later, x="float")["x"]
    positive = {"x": np.abs(later["x"]).tolist()}
    text = "{op: power, columns: x, method: box-cox}"
    assert None not in transformed(text, train, positive, x="float")["x"]


def test_only_positive_numbers_have_a_box_cox_power() -> None:
    text = "{op: power, columns: x, method: box-cox}"
    made = transformed(text, {"x": [1.0, 2.0, 3.0]}, {"x": [1.0, 0.0, -1.0, None]}, x="float?")
    assert made == {"x": [0.0, None, None, None]}
    assert after(text, x="int") == {"x": "float?"}
    assert after("{op: power, columns: x}", x="int") == {"x": "float"}
    again = transformed(text, {"x": [1.0, 2.0, -5.0, 3.0]}, {"x": [2.0]}, x="float")
    assert again == transformed(text, {"x": [3.0, 2.0, 1.0]}, {"x": [2.0]}, x="float")
    with pytest.raises(Failed, match="column 'x' has no positive values in the training rows"):
        transformed(text, {"x": [-1.0, 0.0]}, x="float")


@pytest.mark.parametrize("value", [0.0, -3.0, 1e100])
def test_a_constant_column_stays_as_it_is(value: float) -> None:
    made = transformed("{op: power, columns: x}", {"x": [value] * 3}, {"x": [value, 2.5]}, x="float")["x"]
    assert made == pytest.approx([value, 2.5])


def test_infinite_values_come_later_only() -> None:
    text = "{op: power, columns: x}"
    with pytest.raises(
        Failed, match="column 'x' has values in the training rows that are infinite or too large"
    ):
        transformed(text, {"x": [1.0, INF]}, x="float")
    made = transformed(text, {"x": [1.0, 1.0]}, {"x": [-INF, INF]}, x="float")
    assert made == {"x": [-INF, INF]}


def test_bools_are_refused() -> None:
    message = "'power' takes int or float, but column 'x' is bool"
    assert problems("{op: power, columns: x}", x="bool") == [("0.columns", message)]
