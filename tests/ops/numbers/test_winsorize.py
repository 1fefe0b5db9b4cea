from __future__ import annotations

import numpy as np
import pytest
from scipy.stats.mstats import winsorize

from mlbuild.diagnostics import Failed
from tests.ops.written import after, problems, transformed

X = "{op: winsorize, columns: x}"
INF = float("inf")


def test_numbers_beyond_a_quantile_become_the_quantile() -> None:
    text = "{op: winsorize, columns: x, quantile_range: [25, 75]}"
    later = {"x": [0, 2, 3, None, 99]}
    assert transformed(text, {"x": [1, 2, 3, 4, None, 5]}, later, x="int?") == {
        "x": [2.0, 2.0, 3.0, None, 4.0]
    }
    assert after(X, x="int?") == {"x": "float?"}


def test_infinite_values_become_a_quantile() -> None:
    text = "{op: winsorize, columns: x, quantile_range: [20, 80]}"
    train = {"x": [-INF, 1.0, 2.0, 3.0, 4.0, INF]}
    assert transformed(text, train, {"x": [-INF, 2.5, INF]}, x="float") == {"x": [1.0, 2.5, 4.0]}
    with pytest.raises(
        Failed, match="column 'x' has values in the training rows that are infinite or too large"
    ):
        transformed(X, {"x": [1.0, INF]}, x="float")


def test_the_numbers_are_those_of_scipy() -> None:
    """Its limits are values of the rows, so the shares must fall on rows."""
    values = np.random.default_rng(0).permutation(101) / 7
    text = "{op: winsorize, columns: x, quantile_range: [5, 90]}"
    made = transformed(text, {"x": values.tolist()}, x="float")["x"]
    np.testing.assert_allclose(made, winsorize(values, limits=(5 / 101, 10 / 101)), rtol=1e-15)


def test_what_is_not_a_range_is_refused() -> None:
    message = "'quantile_range' must be two numbers, the lower one first, not [99, 1]"
    text = "{op: winsorize, columns: x, quantile_range: [99, 1]}"
    assert problems(text, x="float") == [("0.quantile_range", message)]
