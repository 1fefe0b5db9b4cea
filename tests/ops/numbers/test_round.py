from __future__ import annotations

import numpy as np
import pytest

from tests.ops.written import after, problems, transformed

INF = float("inf")


@pytest.mark.parametrize(
    ("written", "values", "expected"),
    [
        ("", [0.5, 1.5, -0.6, None, INF], [0.0, 2.0, -1.0, None, INF]),
        (", decimals: 2", [0.125, -0.375, 2.71828, 1e300], [0.12, -0.38, 2.72, 1e300]),
        (", decimals: -2", [149.0, 150.0, 250.0, -1e300], [100.0, 200.0, 200.0, -1e300]),
    ],
)
def test_numbers_are_rounded_half_to_even(
    written: str, values: list[float | None], expected: list[float | None]
) -> None:
    text = f"{{op: round, columns: x{written}}}"
    assert transformed(text, {"x": values}, x="float?") == {"x": expected}


def test_whole_numbers_stay_whole() -> None:
    rows = {"x": [15, 25, None, 2**53]}
    assert transformed("{op: round, columns: x, decimals: 3}", rows, x="int?") == rows
    made = transformed("{op: round, columns: x, decimals: -1}", rows, x="int?")
    assert made == {"x": [20, 20, None, 9_007_199_254_740_990]}
    assert after("{op: round, columns: x, decimals: -1}", x="int?") == {"x": "int?"}


@pytest.mark.parametrize("decimals", [0, 1, 4, -1])
def test_the_numbers_are_those_of_numpy(decimals: int) -> None:
    values = np.random.default_rng(0).normal(0, 1000, 500)
    text = f"{{op: round, columns: x, decimals: {decimals}}}"
    made = transformed(text, {"x": values.tolist()}, x="float")["x"]
    np.testing.assert_array_equal(made, np.round(values, decimals))


def test_dates_are_refused() -> None:
    message = "'round' takes int or float, but column 'x' is date"
    assert problems("{op: round, columns: x}", x="date") == [("0.columns", message)]
