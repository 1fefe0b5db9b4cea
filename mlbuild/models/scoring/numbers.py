"""Metrics of predicted numbers. Targets are float64 [N], scores float64 [N, 1].

The definitions are those of the scikit-learn functions with the same names.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


def _errors(target: Array, scores: Array) -> Array:
    errors: Array = target - scores[:, 0]
    return errors


def mean_squared_error(target: Array, scores: Array) -> float:
    return float((_errors(target, scores) ** 2).mean())


def root_mean_squared_error(target: Array, scores: Array) -> float:
    return math.sqrt(mean_squared_error(target, scores))


def mean_absolute_error(target: Array, scores: Array) -> float:
    return float(abs(_errors(target, scores)).mean())


def median_absolute_error(target: Array, scores: Array) -> float:
    import numpy as np

    return float(np.median(abs(_errors(target, scores))))


def mean_absolute_percentage_error(target: Array, scores: Array) -> float:
    """Mean absolute relative error, as a fraction and not in percent.

    Targets below the machine epsilon count as the epsilon.
    """
    import numpy as np

    sizes = np.maximum(abs(target), np.finfo(np.float64).eps)
    return float((abs(_errors(target, scores)) / sizes).mean())


def r2(target: Array, scores: Array) -> float | None:
    """1 minus the fraction of the variance that is not explained; undefined if the target is constant."""
    spread = float(((target - target.mean()) ** 2).sum())
    if spread == 0:
        return None
    return 1 - float((_errors(target, scores) ** 2).sum()) / spread
