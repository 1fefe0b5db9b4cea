"""The upper tail of the chi-squared distribution. scipy has it, but it is not installed with mlbuild."""

from __future__ import annotations

import math

_TINY = 1e-300
_STEPS = 10_000


def chi2_tail(value: float, freedom: int) -> float:
    """Return the share of the distribution above a number: the regularized incomplete gamma function Q(f/2, v/2).

    It is a series for small numbers (DLMF 8.7.1) and otherwise a continued fraction (DLMF 8.9.2), by the method of
    Lentz.
    """
    a, x = freedom / 2, value / 2
    if x <= 0:
        return 1.0
    front = math.exp(a * math.log(x) - x - math.lgamma(a))
    if x < a + 1:
        term = total = 1 / a
        for step in range(1, _STEPS):
            term *= x / (a + step)
            total += term
            if term < total * 1e-16:
                break
        return max(1 - front * total, 0.0)
    b = x + 1 - a
    c, d = 1 / _TINY, 1 / b
    fraction = d
    for step in range(1, _STEPS):
        factor = step * (a - step)
        b += 2
        d = 1 / (b + factor * d or _TINY)
        c = b + factor / c or _TINY
        fraction *= c * d
        if abs(c * d - 1) < 1e-16:
            break
    return front * fraction
