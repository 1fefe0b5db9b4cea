from __future__ import annotations

import pytest
from scipy.special import stdtr, stdtrit

from mlbuild.evaluation.student import below, quantile

FREEDOMS = [1, 2, 3, 9, 10, 61, 999, 9_999, 10_000, 10_001, 10**6, 10**9]


@pytest.mark.parametrize("freedom", FREEDOMS)
def test_quantiles_are_those_of_scipy(freedom: int) -> None:
    for share in (0.5, 0.6, 0.9, 0.975, 0.9999):
        assert quantile(share, freedom) == pytest.approx(stdtrit(freedom, share), rel=1e-10, abs=1e-10)


@pytest.mark.parametrize("freedom", [one for one in FREEDOMS if one <= 10_000])
def test_shares_are_those_of_scipy(freedom: int) -> None:
    for value in (0.0, 1e-3, 0.3, 1.0, 2.5, 40.0, 1e5):
        assert below(value, freedom) == pytest.approx(stdtr(freedom, value), rel=1e-10)
