"""The op `one_hot`: one column of zeros and ones for each category."""

from __future__ import annotations

from dataclasses import dataclass

from mlbuild.ops.columnwise import Columnwise
from mlbuild.params import Choice, field

MISSING = {
    "ignore": "a missing value is zero in all columns",
    "indicator": "a missing value has a column of its own, the last",
}


@dataclass(frozen=True)
class OneHot(Columnwise):
    """Replace a column by a vector with a one at the place of its category and zeros elsewhere."""

    op = "one_hot"
    discriminator = ("op", "one_hot")

    handle_missing: str = field(Choice(MISSING), "What becomes of a missing value.", default="ignore")
