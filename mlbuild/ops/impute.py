"""The op `impute`: puts a value where one is missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mlbuild.ops.columnwise import Columnwise
from mlbuild.params import Choice, Scalar, field

STRATEGIES = {
    "mean": "the mean of the train rows; makes an int column float",
    "median": "the median of the train rows; makes an int column float",
    "most_frequent": "the most frequent value of the train rows, of several the smallest",
    "constant": "the value of `fill_value`",
}


@dataclass(frozen=True)
class Impute(Columnwise):
    """Put a value in the place of missing ones, so that nothing is missing afterwards."""

    op = "impute"
    discriminator = ("op", "impute")

    strategy: str = field(Choice(STRATEGIES), "Where the value comes from.")
    fill_value: Any = field(
        Scalar(),
        "The value to put in, with strategy `constant`: of the column's dtype, a date or datetime as ISO text.",
        default=None,
        examples=(0, "unknown", False, "2013-01-01"),
    )
