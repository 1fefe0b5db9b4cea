"""The op `date_parts`: takes dates and times apart into whole numbers."""

from __future__ import annotations

from dataclasses import dataclass

from mlbuild.ops.op import Op
from mlbuild.params import Boolean, Choice, ListOf, Text, field

PARTS = {
    "year": "the year",
    "quarter": "the quarter, 1 to 4",
    "month": "the month, 1 to 12",
    "week": "the week of ISO 8601, 1 to 53",
    "day": "the day of the month, 1 to 31",
    "weekday": "the day of the week of ISO 8601, Monday 1 to Sunday 7",
    "day_of_year": "the day of the year, 1 to 366",
    "days_in_month": "the length of the month, 28 to 31",
    "hour": "the hour, 0 to 23",
    "minute": "the minute, 0 to 59",
    "second": "the second, 0 to 59",
}


@dataclass(frozen=True)
class DateParts(Op):
    """Take a date or datetime apart: each part becomes a column `{column}_{part}` of whole numbers."""

    op = "date_parts"
    discriminator = ("op", "date_parts")

    parts: tuple[str, ...] = field(
        ListOf(Choice(PARTS), or_one=True, min_items=1, unique=True),
        "The parts to make, in this order.",
        examples=(["month", "weekday", "hour"],),
    )
    time_zone: str | None = field(
        Text(what="a time zone"),
        "Read UTC datetimes as the wall clock of this IANA time zone. Default: as they stand.",
        default=None,
        examples=("America/New_York", "Europe/Berlin"),
    )
    keep: bool = field(Boolean(), "Keep the column itself, before its parts.", default=False)
