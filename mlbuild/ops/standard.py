"""The op `standard`: centres numbers on their mean and scales them to unit deviation."""

from __future__ import annotations

from dataclasses import dataclass

from mlbuild.ops.columnwise import Columnwise
from mlbuild.params import Boolean, field


@dataclass(frozen=True)
class Standard(Columnwise):
    """Centre numbers on the mean of the train rows and scale them to unit standard deviation."""

    op = "standard"
    discriminator = ("op", "standard")

    with_mean: bool = field(Boolean(), "Subtract the mean.", default=True)
    with_std: bool = field(Boolean(), "Divide by the standard deviation.", default=True)
