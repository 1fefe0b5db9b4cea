from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.preprocessing import RobustScaler

from mlbuild.diagnostics import Failed
from tests.ops.written import after, problems, transformed

X = "{op: robust, columns: x}"
INF = float("inf")


def test_numbers_are_centred_on_the_median_and_scaled_by_the_quartiles() -> None:
    later = {"x": [3, 5, None, -1]}
    assert transformed(X, {"x": [1, 2, 3, 4, 1000]}, later, x="int?") == {"x": [0.0, 1.0, None, -2.0]}
    assert after(X, x="int?") == {"x": "float?"}


def test_outliers_do_not_matter_even_if_they_are_infinite() -> None:
    train = {"x": [-INF, 1.0, 2.0, 3.0, 4.0, 5.0, INF]}
    assert transformed(X, train, {"x": [3.0, 6.0, INF]}, x="float") == {"x": [0.0, 1.0, INF]}
    with pytest.raises(
        Failed, match="column 'x' has values in the training rows that are infinite or too large"
    ):
        transformed(X, {"x": [1.0, INF]}, x="float")


def test_a_column_without_spread_is_only_centred() -> None:
    assert transformed(X, {"x": [7.0] * 8 + [9.0]}, {"x": [7.0, 9.0]}, x="float") == {"x": [0.0, 2.0]}


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"with_centering": False},
        {"with_scaling": False},
        {"quantile_range": (5.0, 99.5)},
        {"unit_variance": True},
        {"unit_variance": True, "quantile_range": (10.0, 60.0)},
    ],
)
def test_the_numbers_are_those_of_scikit_learn(options: dict[str, Any]) -> None:
    """It divides, so the last bits can differ."""
    values = np.random.default_rng(0).gamma(2, 30, 501)
    written = "".join(f", {key}: {[*value] if isinstance(value, tuple) else str(value).lower()}" for key, value in options.items())  # fmt: skip
    made = transformed(f"{{op: robust, columns: x{written}}}", {"x": values.tolist()}, x="float")["x"]
    expected = RobustScaler(**options).fit_transform(values.reshape(-1, 1)).ravel()
    np.testing.assert_allclose(made, expected, rtol=1e-14, atol=1e-14)


@pytest.mark.parametrize(
    ("written", "at", "message"),
    [
        (
            "with_centering: false, with_scaling: false",
            "0",
            "the step does nothing if 'with_centering' and 'with_scaling' are both false",
        ),
        (
            "with_scaling: false, unit_variance: true",
            "0.unit_variance",
            "'unit_variance' has no effect with 'with_scaling: false'",
        ),
        (
            "with_scaling: false, quantile_range: [10, 90]",
            "0.quantile_range",
            "'quantile_range' has no effect with 'with_scaling: false'",
        ),
        (
            "quantile_range: [75, 25]",
            "0.quantile_range",
            "'quantile_range' must be two numbers, the lower one first, not [75, 25]",
        ),
        (
            "quantile_range: [0, 50], unit_variance: true",
            "0.unit_variance",
            "'unit_variance' needs quantiles above 0 and below 100, because a normal distribution has no ends",
        ),
    ],
)
def test_parameters_that_make_no_sense_together_are_refused(written: str, at: str, message: str) -> None:
    assert problems(f"{{op: robust, columns: x, {written}}}", x="float") == [(at, message)]
