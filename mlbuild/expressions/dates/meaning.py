"""Defines what the functions of dates compute, once for graphs, rows and literals.

Parts and units are those of the proleptic Gregorian calendar, correct up to 98,000 years before and after 1970. A date
that is the result of a computation is missing outside the years 1 to 9999, which ISO texts can express.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from mlbuild.expressions.dates.calendar import DAY, LIMIT, SECOND, SHIFT, Instant, Numbers, Wholes, first_day
from mlbuild.expressions.dates.calendar import PARTS as READS
from mlbuild.expressions.dates.units import EPOCH, LENGTHS, MONTHS
from mlbuild.expressions.operands import MomentOperand, NumberOperand
from mlbuild.expressions.tree import Tree
from mlbuild.lowering.value import NAT
from mlbuild.moments import FIRST, LAST

T = TypeVar("T")

#: SQL's names of parts that the calendar calls otherwise.
_CALLED = {"isodow": "weekday", "doy": "day_of_year"}
#: Weeks begin on Mondays; 1970-01-01 was a Thursday.
_TO_MONDAY = 3


def _limited(x: MomentOperand[T]) -> Wholes[T]:
    return Wholes(x.on, x.tensor).limited(LIMIT)


def _instant(x: MomentOperand[T]) -> Instant:
    return Instant(_limited(x) + SHIFT)


def _number(whole: Wholes[T], *read: MomentOperand[T]) -> NumberOperand[T]:
    """Convert integers to numbers, missing where one of the operands is missing."""
    number = NumberOperand(whole.on, whole.on.call("Cast", whole.tensor, element="double", to=11))
    for x in read:
        number = number.unless(x.missing())
    return number


def _part(tree: Tree, x: MomentOperand[T]) -> NumberOperand[T]:
    """EXTRACT."""
    part: str = tree[2]
    if part == EPOCH:
        micros = _number(Wholes(x.on, x.tensor), x)
        return micros.apply("Div", NumberOperand(x.on, x.on.constant(float(SECOND))))
    instant = _instant(x)
    if part == "dow":
        return _number(instant.day.weekday % 7, x)
    return _number(READS[_CALLED.get(part, part)](instant), x)


def _difference(tree: Tree, start: MomentOperand[T], end: MomentOperand[T]) -> NumberOperand[T]:
    """DATE_DIFF: how many boundaries of the unit are between two dates."""
    unit = tree[3]
    return _number(_count(_instant(end), unit) - _count(_instant(start), unit), start, end)


def _count(instant: Instant, unit: str) -> Numbers:
    """Number the years, months, ... consecutively."""
    if unit in MONTHS:
        return instant.day.months // MONTHS[unit] if MONTHS[unit] > 1 else instant.day.months
    if unit == "week":
        return (instant.day.days + _TO_MONDAY) // 7
    return instant.microseconds // LENGTHS[unit]


def _truncated(tree: Tree, x: MomentOperand[T]) -> MomentOperand[T]:
    """DATE_TRUNC: the beginning of the year, month, ..."""
    return _beginning(x, tree[2])


def as_date(x: MomentOperand[T]) -> MomentOperand[T]:
    """Return midnight of the day."""
    return _beginning(x, "day")


def _beginning(x: MomentOperand[T], unit: str) -> MomentOperand[T]:
    instant = _instant(x)
    number = _count(instant, unit)
    if unit in MONTHS:
        first = first_day(number * MONTHS[unit] if MONTHS[unit] > 1 else number)
        return _moment(first.days * DAY, x)
    if unit == "week":
        return _moment((number * 7 - _TO_MONDAY) * DAY, x)
    return _moment(number * LENGTHS[unit], x)


def _plus_months(tree: Tree, x: MomentOperand[T]) -> MomentOperand[T]:
    """Add months. If the month is too short for the day, the result is the last day of the month."""
    instant = _instant(x)
    first = first_day(instant.day.months + tree[2])
    day = instant.day.day.least(first.days_in_month)
    return _moment((first.days + day - 1) * DAY + instant.microseconds % DAY, x)


def _plus_seconds(tree: Tree, x: MomentOperand[T]) -> MomentOperand[T]:
    return _moment(_limited(x) + (SHIFT + tree[2] * SECOND), x)


def _last_day(tree: Tree, x: MomentOperand[T]) -> MomentOperand[T]:
    day = _instant(x).day
    return _moment((day.days - day.day + day.days_in_month) * DAY, x)


def _moment(shifted: Wholes[T], read: MomentOperand[T]) -> MomentOperand[T]:
    """Return a computed date, missing where the operand is missing or one of them is too far from 1970."""
    call, constant = read.on.call, read.on.constant
    tensor = (shifted - SHIFT).tensor
    ends = (
        call("LessOrEqual", constant(FIRST, "int64"), tensor),
        call("LessOrEqual", tensor, constant(LAST, "int64")),
    )
    valid = call("And", call("And", *ends), call("Equal", read.tensor, _limited(read).tensor))
    return MomentOperand(read.on, call("Where", valid, tensor, constant(NAT, "int64")))


DATES: Mapping[str, Any] = {
    "part": _part,
    "date_diff": _difference,
    "date_trunc": _truncated,
    "plus_months": _plus_months,
    "plus_seconds": _plus_seconds,
    "last_day": _last_day,
}
