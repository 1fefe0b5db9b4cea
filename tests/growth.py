"""How the cost of something grows with its size: measured in the same run, so it does not depend on the machine."""

from __future__ import annotations

import time
from collections.abc import Callable

#: The factor between both sizes, and the largest factor between the costs. Quadratic growth is a factor of 16.
_SIZES, _COSTS = 4, 9
_TRIES = 4


def assert_linear(run: Callable[[int], object], size: int) -> None:
    """Assert that the CPU time of `run(size)` is proportional to `size`, or grows more slowly."""
    costs = []
    for _ in range(_TRIES):
        small, large = (_cost(run, of) for of in (size // _SIZES, size))
        if large < _COSTS * small:
            return
        costs.append((small, large))
    raise AssertionError(f"CPU seconds for sizes {size // _SIZES} and {size}: {costs}")


def _cost(run: Callable[[int], object], size: int) -> float:
    start = time.process_time()
    run(size)
    return time.process_time() - start
