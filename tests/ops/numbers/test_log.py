from __future__ import annotations

import math

import numpy as np
import pytest

from tests.ops.written import after, problems, transformed

INF = float("inf")


def test_what_has_no_logarithm_becomes_missing() -> None:
    rows = {"x": [1.0, math.e, 0.0, -1.0, None, INF]}
    assert transformed("{op: log, columns: x}", rows, x="float?") == {"x": [0.0, 1.0, None, None, None, INF]}
    text = "{op: log, columns: x, function: log1p}"
    rows = {"x": [0.0, 1e-300, -1.0, -2.0, None, INF]}
    assert transformed(text, rows, x="float?") == {"x": [0.0, 1e-300, None, None, None, INF]}
    assert after(text, x="int") == {"x": "float?"}


@pytest.mark.parametrize(("base", "of"), [(10, np.log10), (2, np.log2)])
def test_a_logarithm_has_a_base(base: int, of: np.ufunc) -> None:
    values = np.random.default_rng(0).lognormal(0, 9, 300)
    made = transformed(f"{{op: log, columns: x, base: {base}}}", {"x": values.tolist()}, x="float")["x"]
    np.testing.assert_allclose(made, of(values), rtol=1e-12)


@pytest.mark.parametrize("scale", [1e-300, 1e-17, 1e-9, 1.0, 1e9, 1e300])
def test_small_numbers_keep_their_digits(scale: float) -> None:
    """The graph, which has no such function, computes the same."""
    values = np.random.default_rng(0).uniform(0, 1, 300) * scale
    text = "{op: log, columns: x, function: log1p}"
    made = transformed(text, {"x": values.tolist()}, x="float")["x"]
    np.testing.assert_allclose(made, np.log1p(values), rtol=1e-15)


def test_text_is_refused() -> None:
    message = "'log' takes int or float, but column 'x' is string"
    assert problems("{op: log, columns: x}", x="string") == [("0.columns", message)]
