"""Quantiles of Student's t distribution.

scipy has them, but it allocates more memory when it is imported than a build may be allowed to use.
"""

from __future__ import annotations

import math
from functools import cache
from statistics import NormalDist

#: The distance from 0 at which the search begins: the quantile of one degree of freedom is at most this for 99.9999 %.
_FAR = 1e6
_TINY = 1e-300
#: With more degrees of freedom, the expansion around the normal distribution (Abramowitz and Stegun, 26.7.5) is exact to
#: 13 digits, and logarithms of factorials lose some.
_MANY = 10_000


@cache
def quantile(share: float, freedom: int) -> float:
    """Return the number below which a share of the distribution lies, for a share of at least a half."""
    if freedom > _MANY:
        z = NormalDist().inv_cdf(share)
        return z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
    low, high = 0.0, _FAR
    while high - low > 4 * math.ulp(high):
        middle = (low + high) / 2
        if below(middle, freedom) < share:
            low = middle
        else:
            high = middle
        if middle in (low, high) and math.nextafter(low, high) >= high:
            break
    return (low + high) / 2


def below(value: float, freedom: int) -> float:
    """Return the share of the distribution below a number of at least 0."""
    return 1 - _beta(freedom / (freedom + value * value), freedom / 2, 0.5) / 2


def tails(value: float, freedom: int) -> float:
    """Return the share of the distribution that is at least as far from 0 as a number."""
    return _beta(freedom / (freedom + value * value), freedom / 2, 0.5)


def _beta(x: float, a: float, b: float) -> float:
    """Return the regularized incomplete beta function I_x(a, b) (DLMF 8.17.22), by the method of Lentz."""
    if x in (0.0, 1.0):
        return x
    if x > (a + 1) / (a + b + 2):  # where the fraction converges slowly
        return 1 - _beta(1 - x, b, a)
    front = math.exp(
        a * math.log(x) + b * math.log1p(-x) + math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    )
    fraction, c, d, step = 1.0, 1.0, 0.0, 0
    while True:
        half = step // 2
        if step == 0:
            term = 1.0
        elif step % 2 == 0:
            term = half * (b - half) * x / ((a + 2 * half - 1) * (a + 2 * half))
        else:
            term = -(a + half) * (a + b + half) * x / ((a + 2 * half) * (a + 2 * half + 1))
        d = 1 / ((1 + term * d) or _TINY)
        c = (1 + term / c) or _TINY
        fraction *= c * d
        step += 1
        if (step > 1 and abs(c * d - 1) < 1e-16) or step > 500:
            return front * (fraction - 1) / a
