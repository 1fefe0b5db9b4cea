"""The rules about the smallest and the largest allowed value."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from mlbuild.columns import NUMERIC, TEMPORAL
from mlbuild.data.rules.categories import INT_MAX, INT_MIN, Categories
from mlbuild.data.rules.rule import ColumnKeys, Example, Rule, no_effect
from mlbuild.diagnostics import Problem
from mlbuild.frozen import frozen
from mlbuild.moments import parse_moment
from mlbuild.params import Boolean, Json, Kind, field

if TYPE_CHECKING:
    import polars as pl


@frozen
class Bound(Kind):
    """A number or, for dates and datetimes, an ISO text. `1.0` is read as 1, as far as floats are exact."""

    def json_schema(self) -> Json:
        return {"type": ["number", "string"]}

    def read(self, value: Any) -> int | float | str:
        whole = isinstance(value, float) and value.is_integer() and abs(value) <= 2**53
        return int(value) if whole else value

    def phrase(self) -> str:
        return "a number, or an ISO date"


@frozen
class Min(Rule):
    """No value is smaller than `min`, or equal to it if `exclusive_min` is true."""

    rule = "min"
    dtypes = (*NUMERIC, *TEMPORAL)
    examples = (
        Example({"dtype": "float", "min": 0}, keeps=[-0.0, 0.5, 1e300], breaks=[-0.5, -5e-324]),
        Example({"dtype": "float", "min": 0, "exclusive_min": True}, keeps=[5e-324], breaks=[0.0, -0.0]),
        Example({"dtype": "int", "min": 0.5}, keeps=[1, 2], breaks=[0, -1]),
        Example({"dtype": "date", "min": "2013-01-02"}, [date(2013, 1, 2)], [date(2013, 1, 1)]),
        Example(
            {"dtype": "datetime", "min": "2013-01-01T05:00:00+02:00"},
            keeps=[datetime(2013, 1, 1, 3), datetime(2014, 1, 1)],
            breaks=[datetime(2013, 1, 1, 2, 59, 59, 999999)],
        ),
    )

    min: int | float | str | None = field(
        Bound(),
        "Minimum value: a number, or an ISO date for a date or datetime column.",
        default=None,
        examples=(0, "2013-01-01"),
    )
    exclusive_min: bool = field(
        Boolean(), "Whether `min` is exclusive: values must be greater than it.", default=False
    )

    @property
    def text(self) -> str:
        return f"min {self.min}" + (" (exclusive)" if self.exclusive_min else "")

    def implied_by(self, other: Self) -> bool:
        mine, theirs = _comparable(self.min), _comparable(other.min)
        return bool(theirs > mine or (theirs == mine and (other.exclusive_min or not self.exclusive_min)))

    def contradictions(self, column: ColumnKeys) -> Iterator[Problem]:
        yield from _wrong("min", self.min, self.exclusive_min, column)
        yield from _empty(self, column.rule(Max), column.dtype)

    def kept(self, name: str, dtype: str) -> pl.Expr:
        import polars as pl

        assert self.min is not None
        value, limit = pl.col(name), _limit(self.min, dtype)
        return value.gt(limit) if self.exclusive_min else value.ge(limit)

    def keywords(self, dtype: str) -> Json:
        return {_keyword("minimum", dtype, self.exclusive_min): self.min}


@frozen
class Max(Rule):
    """No value is larger than `max`, or equal to it if `exclusive_max` is true."""

    rule = "max"
    dtypes = (*NUMERIC, *TEMPORAL)
    examples = (
        Example({"dtype": "float", "max": 1.5, "finite": False}, keeps=[-1e300, 1.5], breaks=[2.0, math.inf]),
        Example({"dtype": "int", "max": 0.5}, keeps=[0, -1], breaks=[1]),
        Example({"dtype": "int", "max": 3, "exclusive_max": True}, keeps=[2, -1], breaks=[3, 4]),
        Example({"dtype": "date", "max": "2013-01-02"}, [date(2013, 1, 2)], [date(2013, 1, 3)]),
        Example(
            {"dtype": "datetime", "max": "2013-01-02"}, [datetime(2013, 1, 2)], [datetime(2013, 1, 2, 1)]
        ),
    )

    max: int | float | str | None = field(
        Bound(),
        "Maximum value: a number, or an ISO date for a date or datetime column.",
        default=None,
        examples=(100, "2013-12-31"),
    )
    exclusive_max: bool = field(
        Boolean(), "Whether `max` is exclusive: values must be smaller than it.", default=False
    )

    @property
    def text(self) -> str:
        return f"max {self.max}" + (" (exclusive)" if self.exclusive_max else "")

    def implied_by(self, other: Self) -> bool:
        mine, theirs = _comparable(self.max), _comparable(other.max)
        return bool(theirs < mine or (theirs == mine and (other.exclusive_max or not self.exclusive_max)))

    def contradictions(self, column: ColumnKeys) -> Iterator[Problem]:
        yield from _wrong("max", self.max, self.exclusive_max, column)

    def kept(self, name: str, dtype: str) -> pl.Expr:
        import polars as pl

        assert self.max is not None
        value, limit = pl.col(name), _limit(self.max, dtype)
        return value.lt(limit) if self.exclusive_max else value.le(limit)

    def keywords(self, dtype: str) -> Json:
        return {_keyword("maximum", dtype, self.exclusive_max): self.max}


def _wrong(
    name: str, bound: int | float | str | None, exclusive: bool, column: ColumnKeys
) -> Iterator[Problem]:
    """Yield what is wrong with one bound alone."""
    if bound is None:
        if exclusive:
            yield no_effect(
                f"exclusive_{name}",
                f"'exclusive_{name}' has no effect without '{name}'",
                f"add '{name}', or remove it",
            )
        return
    if column.dtype == "int":
        yield from column.rule(Categories).replaces(name)
    if not _fits(bound, column.dtype):
        wanted = "an ISO date, such as 2013-10-01" if column.dtype in TEMPORAL else "a finite number"
        message = f"'{name}' of a column of dtype {column.dtype} must be {wanted}"
        yield Problem("wrong-value", message, (name,))


def _empty(low: Min, high: Max, dtype: str) -> Iterator[Problem]:
    """Report bounds between which there is no value."""
    if low.min is None or high.max is None or not _fits(low.min, dtype) or not _fits(high.max, dtype):
        return
    first, last = _comparable(low.min), _comparable(high.max)
    between = f"between 'min' {low.min} and 'max' {high.max}"
    if first > last:
        message = f"'min' {low.min} is greater than 'max' {high.max}"
    elif first == last and (low.exclusive_min or high.exclusive_max):
        message = f"there is no value {between}, because a bound is exclusive"
    elif dtype == "int" and _smallest(first, low.exclusive_min) > -_smallest(-last, high.exclusive_max):
        message = f"there is no integer {between}"
    else:
        return
    yield Problem("contradiction", message, ("min",))


def _smallest(bound: int | float, exclusive: bool) -> int:
    """Return the smallest integer that a lower bound allows."""
    return math.floor(bound) + 1 if exclusive else math.ceil(bound)


def _fits(bound: int | float | str, dtype: str) -> bool:
    if isinstance(bound, str):
        return dtype in TEMPORAL and parse_moment(bound) is not None
    return dtype in NUMERIC and math.isfinite(bound)


def _comparable(bound: int | float | str | None) -> Any:
    """Return a bound as a number, or in microseconds since 1970."""
    return parse_moment(bound) if isinstance(bound, str) else bound


def _keyword(word: str, dtype: str, exclusive: bool) -> str:
    """Return the keyword of JSON Schema for a bound."""
    words = [*(["format"] if dtype in TEMPORAL else []), *(["exclusive"] if exclusive else []), word]
    return words[0] + "".join(map(str.capitalize, words[1:]))


def _limit(bound: int | float | str, dtype: str) -> Any:
    """Return a bound as polars compares it with values of a dtype."""
    value = _comparable(bound)
    if dtype in TEMPORAL:
        return datetime(1970, 1, 1) + timedelta(microseconds=value)
    return value if INT_MIN <= value <= INT_MAX else float(value)
