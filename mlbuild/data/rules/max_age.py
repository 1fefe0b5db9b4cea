"""The rule that a table is up to date: that its newest value is not too old."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING, Self, cast

from mlbuild.columns import TEMPORAL
from mlbuild.data.rules.rule import Age, ColumnKeys, Example, Rule
from mlbuild.data.steps.durations import Duration
from mlbuild.diagnostics import Problem
from mlbuild.frozen import frozen
from mlbuild.moments import DAY, UNITS, parse_duration
from mlbuild.params import field

if TYPE_CHECKING:
    import polars as pl


@frozen
class MaxAge(Rule):
    """The newest value is less than `max_age` old when a build begins. A date counts from the end of its day."""

    rule = "max_age"
    dtypes = TEMPORAL
    timed = True
    shared = True
    examples = (
        Example(
            {"dtype": "datetime", "max_age": "2d"},
            keeps=[datetime(2026, 11, 28, 12, 0, 0, 1), datetime(2026, 11, 30), datetime(2027, 1, 1)],
            breaks=[
                datetime(2026, 11, 28, 12),
                datetime(2026, 11, 27),
                datetime(1969, 1, 1),
                datetime(1, 1, 1),
            ],
            now=datetime(2026, 11, 30, 12),
        ),
        Example(
            {"dtype": "date", "max_age": "24h"},
            keeps=[date(2026, 11, 28), date(2026, 11, 29), date(9999, 12, 31)],
            breaks=[date(2026, 11, 27), date(2026, 11, 26)],
            now=datetime(2026, 11, 29, 23, 59, 59),
        ),
    )

    max_age: str | None = field(
        Duration(),
        "Age below which the newest value must be, such as `2d`, at the start of the build (UTC).",
        default=None,
        examples=("2d",),
    )

    @property
    def limit(self) -> int:
        """The age in microseconds."""
        return parse_duration(self.max_age or "0s")

    def implied_by(self, other: Self) -> bool:
        return other.limit <= self.limit

    def contradictions(self, column: ColumnKeys) -> Iterator[Problem]:
        if self.max_age is not None and not self.limit:
            yield Problem("wrong-value", "'max_age' must be greater than 0", ("max_age",))

    def age(self, values: pl.Series, now: int) -> Age:
        newest = cast(date | None, values.max())
        if newest is None:
            return Age()
        moment = _moment(values)
        age = now - moment
        if age < self.limit:
            return Age(until=moment + self.limit)
        words, length = _in_words(age)
        told = f"its newest value, {newest.isoformat()}, is {words} old"
        return Age(told, moment + (age // length + 1) * length)


def _moment(values: pl.Series) -> int:
    """Return the end of the newest value, in microseconds since 1970."""
    import polars as pl

    newest = values.cast(pl.Int64).max()
    assert isinstance(newest, int)
    return (newest + 1) * DAY if values.dtype == pl.Date else newest


def _in_words(age: int) -> tuple[str, int]:
    """Return an age in its two largest units up to days, and the length of the smaller one in microseconds."""
    larger, smaller = next(
        (pair for pair in (("d", "h"), ("h", "min"), ("min", "s")) if age >= UNITS[pair[0]]), ("s", "s")
    )
    length = UNITS[smaller]
    whole, rest = divmod(age // length, UNITS[larger] // length)
    return f"{whole}{larger}" + (f" {rest}{smaller}" if rest else ""), length
