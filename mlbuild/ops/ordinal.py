"""The op `ordinal`: replaces categories by their rank."""

from __future__ import annotations

from dataclasses import dataclass

from mlbuild.ops.columnwise import Columnwise
from mlbuild.params import Integer, field


@dataclass(frozen=True)
class Ordinal(Columnwise):
    """Replace each category by a whole number from 0, in the contract's order, else in sorted order."""

    op = "ordinal"
    discriminator = ("op", "ordinal")

    unknown_value: int = field(
        Integer(max=-1), "The code of a value that the train rows lack.", default=-1, examples=(-1,)
    )
    encoded_missing_value: int | None = field(
        Integer(max=-1),
        "The code of a missing value. Default: it stays missing.",
        default=None,
        examples=(-2,),
    )
