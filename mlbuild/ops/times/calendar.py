"""Calendar arithmetic on integers: one set of formulas for polars columns and for ONNX tensors."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from mlbuild.frozen import frozen
from mlbuild.lowering.graph import Graph, Tensor

SECOND = 1_000_000
DAY = 86_400 * SECOND
#: Days in 400 years. After that, the Gregorian calendar repeats, on the same weekdays.
ERA = 146_097
#: Instants are counted from 100,000 years before 1970, so that nothing is negative and integer division is simple.
SHIFT_YEARS = 100_000
SHIFT = SHIFT_YEARS // 400 * ERA * DAY
#: Instants further from 1970 than this, about 98,000 years, are clamped. No time zone offset makes one negative.
LIMIT = 36_000_000 * DAY
#: Days to 1970-01-01, from 0001-01-01 and from 0000-03-01.
FROM_YEAR_1 = 719_162
FROM_MARCH_0 = 719_468

#: Non-negative integers: a polars series of Int64, or `Wholes`.
Numbers = Any


@frozen
class Wholes:
    """An int64 tensor with arithmetic operators. Division is correct only for non-negative values."""

    graph: Graph
    tensor: Tensor

    def _call(self, op: str, other: Wholes | int) -> Wholes:
        right = self.graph.constant(other, "int64") if isinstance(other, int) else other.tensor
        return Wholes(self.graph, self.graph.call(op, self.tensor, right))

    def __add__(self, other: Wholes | int) -> Wholes:
        return self._call("Add", other)

    def __sub__(self, other: Wholes | int) -> Wholes:
        return self._call("Sub", other)

    def __mul__(self, other: Wholes | int) -> Wholes:
        return self._call("Mul", other)

    def __floordiv__(self, other: Wholes | int) -> Wholes:
        return self._call("Div", other)

    def __mod__(self, other: Wholes | int) -> Wholes:
        return self._call("Mod", other)


class Instant:
    """Points in time, in microseconds since 1970 plus `SHIFT`. Each part is computed only once."""

    def __init__(self, microseconds: Numbers) -> None:
        self.microseconds = microseconds

    @cached_property
    def day(self) -> Day:
        return Day(self.microseconds // DAY)

    @cached_property
    def hour(self) -> Numbers:
        return self.microseconds // (3600 * SECOND) % 24

    @cached_property
    def minute(self) -> Numbers:
        return self.microseconds // (60 * SECOND) % 60

    @cached_property
    def second(self) -> Numbers:
        return self.microseconds // SECOND % 60


class Day:
    """Days, counted like the days of an `Instant`. Each part is computed only once.

    The conversion from days to year, month and day is `civil_from_days` from Howard Hinnant, "chrono-Compatible
    Low-Level Date Algorithms". Its years begin in March, so the leap day is the last day of the year.
    """

    def __init__(self, days: Numbers) -> None:
        self.days = days

    @cached_property
    def _day_of_era(self) -> Numbers:
        return (self.days + FROM_MARCH_0) % ERA

    @cached_property
    def _year_of_era(self) -> Numbers:
        day = self._day_of_era
        return (day - day // 1460 + day // 36524 - day // 146096) // 365

    @cached_property
    def _day_from_march(self) -> Numbers:
        year = self._year_of_era
        return self._day_of_era - (year * 365 + year // 4 - year // 100)

    @cached_property
    def _month_from_march(self) -> Numbers:
        """The month, from 0 for March to 11 for February."""
        return (self._day_from_march * 5 + 2) // 153

    @cached_property
    def _shifted_year(self) -> Numbers:
        eras = (self.days + FROM_MARCH_0) // ERA
        return eras * 400 + self._year_of_era + self._month_from_march // 10

    @cached_property
    def year(self) -> Numbers:
        return self._shifted_year - SHIFT_YEARS

    @cached_property
    def quarter(self) -> Numbers:
        return (self.month + 2) // 3

    @cached_property
    def month(self) -> Numbers:
        return (self._month_from_march + 2) % 12 + 1

    @cached_property
    def day(self) -> Numbers:
        return self._day_from_march - _days_to_month(self._month_from_march) + 1

    @cached_property
    def weekday(self) -> Numbers:
        """The ISO weekday, 1 for Monday to 7 for Sunday. 1970-01-01 was a Thursday, 4."""
        return (self.days + 3) % 7 + 1

    @cached_property
    def week(self) -> Numbers:
        """The ISO 8601 week, 1 to 53. A week belongs to the year of its Thursday."""
        thursday = Day(self.days - self.weekday + 4)
        return (thursday.day_of_year - 1) // 7 + 1

    @cached_property
    def day_of_year(self) -> Numbers:
        return self.days - _days_to_year(self._shifted_year) + 1

    @cached_property
    def days_in_month(self) -> Numbers:
        month, year = self._month_from_march, self._shifted_year
        leap = _days_to_year(year + 1) - _days_to_year(year) - 365
        february = month // 11
        # The formula gives February, the last month, 30 days.
        return _days_to_month(month + 1) - _days_to_month(month) - february * 2 + february * leap


def _days_to_month(month: Numbers) -> Numbers:
    """Days from 1 March to the first day of a month; 0 for March to 12 for the next March."""
    return (month * 153 + 2) // 5


def _days_to_year(year: Numbers) -> Numbers:
    """Days from 1970-01-01 to 1 January of a year; both are shifted."""
    before = year - 1
    return before * 365 + before // 4 - before // 100 + before // 400 - FROM_YEAR_1
