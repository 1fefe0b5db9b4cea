"""Distances, compared with scipy and with simulations."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mlbuild.profiles.chances import chi2_tail
from mlbuild.profiles.distances import Stability, largest_difference
from mlbuild.profiles.drift import discoveries
from tests.budget import examples

COUNTS = st.lists(st.integers(0, 1000), min_size=3, max_size=20)


@settings(deadline=None)
@given(st.floats(0, 3000), st.integers(1, 400))
def test_the_tail_of_chi_squared_is_that_of_scipy(value: float, freedom: int) -> None:
    expected = float(stats.chi2.sf(value, freedom))
    assert chi2_tail(value, freedom) == pytest.approx(expected, rel=1e-9, abs=1e-13)


@settings(deadline=None)
@given(COUNTS, st.randoms(use_true_random=False))
def test_the_index_is_the_symmetric_divergence_of_smoothed_shares(one: list[int], random: object) -> None:
    other = [*one]
    random.shuffle(other)  # type: ignore[attr-defined]
    used = [(p + 0.5, q + 0.5) for p, q in zip(one, other, strict=True) if p or q]
    found = Stability.of(one, other)
    if not used:
        assert found.raw == found.index == 0
        return
    p, q = (np.array(side) / sum(side) for side in zip(*used, strict=True))
    assert found.raw == pytest.approx(stats.entropy(p, q) + stats.entropy(q, p), abs=1e-12)


def test_the_index_of_one_distribution_is_its_bias_on_average() -> None:
    rng, shares = np.random.default_rng(0), np.full(16, 1 / 16)
    found = [
        Stability.of(rng.multinomial(20_000, shares), rng.multinomial(1_000, shares))
        for _ in range(examples(400, 4_000))
    ]
    assert np.mean([one.raw for one in found]) == pytest.approx(found[0].bias, rel=0.1)
    assert np.mean([one.chance < 0.05 for one in found]) == pytest.approx(0.05, abs=0.035)


@settings(deadline=None)
@given(
    st.lists(st.floats(-5, 5), min_size=1, max_size=50), st.lists(st.floats(-5, 5), min_size=1, max_size=50)
)
def test_the_largest_difference_is_that_of_kolmogorov_and_smirnov(
    one: list[float], other: list[float]
) -> None:
    values = np.unique([*one, *other])
    counts, others = (np.array([part.count(value) for value in values]) for part in (one, other))
    shares = [stats.ecdf(part).cdf.evaluate(values) for part in (one, other)]
    assert largest_difference(counts, others, ordered=True) == pytest.approx(
        abs(shares[0] - shares[1]).max(), abs=1e-12
    )


def test_false_discoveries_are_limited_as_scipy_does() -> None:
    rng = np.random.default_rng(3)
    for _ in range(100):
        chances = rng.uniform(size=30) ** rng.uniform(1, 6)
        expected = stats.false_discovery_control(chances) <= 0.01
        assert discoveries(chances.tolist(), 0.01) == expected.tolist()
