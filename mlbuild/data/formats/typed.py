"""Makes columns of Python values, which can have several types."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

#: Every integer up to this one is a float64.
EXACT = 2**53


class Odd(str):
    """A value that no dtype can represent, as people know it: a list, a lone surrogate, an error in a sheet.

    It never parses, so it is a violation of any contract.
    """

    __slots__ = ()


def typed(name: str, values: Sequence[Any]) -> pl.Series:
    """Convert values to a column: with one type, or else as Python objects, each of its own type."""
    import polars as pl

    kinds = {*map(type, values)} - {type(None)}
    if kinds == {int, float} and all(-EXACT <= value <= EXACT for value in values if type(value) is int):
        kinds = {float}
    types = {
        bool: pl.Boolean(),
        int: pl.Int64(),
        float: pl.Float64(),
        str: pl.String(),
        datetime: pl.Datetime("us"),
    }
    if not kinds:
        return pl.Series(name, values, pl.Null)
    if len(kinds) == 1 and (kind := kinds.pop()) in types and (kind is not int or _in_64_bits(values)):
        return pl.Series(name, values, types[kind])
    return pl.Series(name, values, pl.Object)


def _in_64_bits(values: Sequence[int | None]) -> bool:
    return all(value is None or -(2**63) <= value < 2**63 for value in values)
