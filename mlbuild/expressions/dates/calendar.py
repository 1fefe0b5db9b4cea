"""Calendar arithmetic on integers: one set of formulas for polars columns, ONNX tensors and single values."""

from __future__ import annotations

from functools import cached_property
from operator import attrgetter
from typing import Any, Generic, TypeVar

from mlbuild.expressions.operands import Algebra
from mlbuild.frozen import frozen

T = TypeVar("T")

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
class Wholes(Generic[T]):
    """Int64 values of an algebra with arithmetic operators. Division is correct only for non-negative values."""

    on: Algebra[T]
    tensor: T

    def _call(self, op: str, other: Wholes[T] | int) -> Wholes[T]:
        right = self.on.constant(other, "int64") if isinstance(other, int) else other.tensor
        return Wholes(self.on, self.on.call(op, self.tensor, right))

    def __add__(self, other: Wholes[T] | int) -> Wholes[T]:
        return self._call("Add", other)

    def __sub__(self, other: Wholes[T] | int) -> Wholes[T]:
        return self._call("Sub", other)

    def __mul__(self, other: Wholes[T] | int) -> Wholes[T]:
        return self._call("Mul", other)

    def __floordiv__(self, other: Wholes[T] | int) -> Wholes[T]:
        return self._call("Div", other)

    def __mod__(self, other: Wholes[T] | int) -> Wholes[T]:
        return self._call("Mod", other)

    def limited(self, most: int) -> Wholes[T]:
        """Return values from -`most` to `most`. Not by `Clip`: onnxruntime 1.24 computes it wrongly for large integers."""
        call, low, high = self.on.call, self.on.constant(-most, "int64"), self.on.constant(most, "int64")
        raised = call("Where", call("Less", self.tensor, low), low, self.tensor)
        return Wholes(self.on, call("Where", call("Less", high, raised), high, raised))

    def least(self, other: Wholes[T]) -> Wholes[T]:
        """Return the smaller value of each pair."""
        less = self.on.call("Less", self.tensor, other.tensor)
        return Wholes(self.on, self.on.call("Where", less, self.tensor, other.tensor))


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
    def months(self) -> Numbers:
        """The number of months since `SHIFT_YEARS` before year 0."""
        return self._shifted_year * 12 + self.month - 1

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


def first_day(months: Numbers) -> Day:
    """Return the first day of a month, which is given by the number of months since `SHIFT_YEARS` before year 0."""
    january = months % 12
    march = (january + 10) % 12
    year = months // 12 - march // 10  # years begin in March
    days = year * 365 + year // 4 - year // 100 + year // 400 + _days_to_month(march)
    return Day(days - FROM_MARCH_0)


def _days_to_month(month: Numbers) -> Numbers:
    """Days from 1 March to the first day of a month; 0 for March to 12 for the next March."""
    return (month * 153 + 2) // 5


def _days_to_year(year: Numbers) -> Numbers:
    """Days from 1970-01-01 to 1 January of a year; both are shifted."""
    before = year - 1
    return before * 365 + before // 4 - before // 100 + before // 400 - FROM_YEAR_1


#: How to get each part of an instant.
PARTS = {
    "year": attrgetter("day.year"),
    "quarter": attrgetter("day.quarter"),
    "month": attrgetter("day.month"),
    "week": attrgetter("day.week"),
    "day": attrgetter("day.day"),
    "weekday": attrgetter("day.weekday"),
    "day_of_year": attrgetter("day.day_of_year"),
    "days_in_month": attrgetter("day.days_in_month"),
    "hour": attrgetter("hour"),
    "minute": attrgetter("minute"),
    "second": attrgetter("second"),
}
