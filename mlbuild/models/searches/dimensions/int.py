"""The dimension `int`: the integers between two numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from mlbuild.diagnostics import Path, Problem
from mlbuild.frozen import frozen
from mlbuild.models.searches.dimensions.dimension import Dimension
from mlbuild.params import INT32, Boolean, Integer, field

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution


@frozen
class Int(Dimension):
    """The integers between two numbers."""

    type = "int"

    min: int = field(Integer(min=-INT32, max=INT32), "Smallest value.", examples=(8,))
    max: int = field(Integer(min=-INT32, max=INT32), "Largest value.", examples=(256,))
    log: bool = field(
        Boolean(),
        "Whether to sample on a logarithmic scale: 8 to 16 is then tried as often as 128 to 256.",
        default=False,
    )

    def check(self) -> Iterator[Problem]:
        if self.max <= self.min:
            yield Problem("contradiction", f"'max' must be larger than 'min', {self.min}", ("max",))
        elif self.log and self.min < 1:
            yield Problem("contradiction", "with 'log', 'min' must be at least 1", ("min",))

    def ends(self) -> Mapping[Path, Any]:
        return {("min",): self.min, ("max",): self.max}

    def at(self, share: float) -> int:
        if not self.log:
            return self.min + int(share * (self.max - self.min + 1))
        # Each integer has the numbers from half a unit below it to half a unit above.
        low, high = math.log(self.min - 0.5), math.log(self.max + 0.5)
        return min(max(round(math.exp(low + share * (high - low))), self.min), self.max)

    def distribution(self) -> BaseDistribution:
        from optuna.distributions import IntDistribution

        return IntDistribution(self.min, self.max, log=self.log)
