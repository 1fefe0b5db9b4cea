"""The dimension `float`: the numbers between two numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from mlbuild.diagnostics import Path, Problem
from mlbuild.frozen import frozen
from mlbuild.models.searches.dimensions.dimension import DIGITS, Dimension
from mlbuild.params import Boolean, Number, field

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution


@frozen
class Float(Dimension):
    """The numbers between two numbers, with 6 significant digits."""

    type = "float"

    min: float = field(Number(), "Smallest value.", examples=(0.01,))
    max: float = field(Number(), "Largest value.", examples=(0.3,))
    log: bool = field(
        Boolean(),
        "Whether to sample on a logarithmic scale: 0.01 to 0.02 is then tried as often as 0.1 to 0.2.",
        default=False,
    )

    def check(self) -> Iterator[Problem]:
        if self.max <= self.min:
            yield Problem("contradiction", f"'max' must be larger than 'min', {self.min:g}", ("max",))
        elif self.log and self.min <= 0:
            yield Problem("contradiction", "with 'log', 'min' must be larger than 0", ("min",))

    def ends(self) -> Mapping[Path, Any]:
        return {("min",): self.min, ("max",): self.max}

    def at(self, share: float) -> float:
        if not self.log:
            return self.rounded(self.min + share * (self.max - self.min))
        low, high = math.log(self.min), math.log(self.max)
        return self.rounded(math.exp(low + share * (high - low)))

    def distribution(self) -> BaseDistribution:
        from optuna.distributions import FloatDistribution

        return FloatDistribution(self.min, self.max, log=self.log)

    def rounded(self, value: Any) -> float:
        return min(max(float(f"{value:.{DIGITS}g}"), self.min), self.max)
