"""The units of dates: the parts that EXTRACT gives, the units that are counted and truncated to, and intervals."""

from __future__ import annotations

from collections.abc import Mapping

from mlbuild.expressions.dates.calendar import DAY, SECOND

#: The parts of EXTRACT by their SQL names.
DAY_PARTS = ("year", "quarter", "month", "week", "day", "dow", "isodow", "doy")
CLOCK_PARTS = ("hour", "minute", "second")
EPOCH = "epoch"
PARTS = (*DAY_PARTS, *CLOCK_PARTS, EPOCH)
#: The units of DATE_DIFF, DATE_TRUNC and INTERVAL, from the longest to the shortest.
UNITS = ("year", "quarter", "month", "week", "day", "hour", "minute", "second")

#: Units with a variable length, in months.
MONTHS: Mapping[str, int] = {"year": 12, "quarter": 3, "month": 1}
#: Units with a fixed length, in microseconds.
LENGTHS: Mapping[str, int] = {
    "week": 7 * DAY,
    "day": DAY,
    "hour": 3600 * SECOND,
    "minute": 60 * SECOND,
    "second": SECOND,
}
