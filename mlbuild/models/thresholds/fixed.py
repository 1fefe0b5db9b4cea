"""The threshold `fixed`: a given number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlbuild.frozen import frozen
from mlbuild.models.thresholds.threshold import Threshold
from mlbuild.params import Number, field

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


@frozen
class Fixed(Threshold):
    """A given number. A number alone is its short form."""

    type = "fixed"
    chosen = False

    value: float = field(Number(above=0, below=1), "The probability.", examples=(0.3,))

    def choose(self, target: Array, probability: Array) -> float:
        return self.value
