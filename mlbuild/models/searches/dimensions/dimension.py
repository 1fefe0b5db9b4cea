"""The base class of dimensions: the values that a search tries for one parameter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from mlbuild.diagnostics import Path
from mlbuild.frozen import frozen
from mlbuild.params import Described

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

#: The significant digits of a suggested number. More would differ in the last bits between CPUs, so that trials would too.
DIGITS = 6


@frozen
class Dimension(Described):
    """The values that a search tries for one parameter."""

    by = "type"
    type: ClassVar[str]

    def ends(self) -> Mapping[Path, Any]:
        """Return values by their places. If the parameter accepts these, it accepts all values of the dimension."""
        raise NotImplementedError

    def at(self, share: float) -> Any:
        """Return the value at a share of the dimension, at least 0 and less than 1."""
        raise NotImplementedError

    def distribution(self) -> BaseDistribution:
        """Return the dimension as the library Optuna describes it."""
        raise NotImplementedError

    def rounded(self, value: Any) -> Any:
        """Return a suggested value as it is tried."""
        return value
