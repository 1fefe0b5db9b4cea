"""Parses ISO dates and datetimes as microseconds since 1970, from a single text or a column."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

#: `2013-01-01`, `2013-01-01 05:00`, `2013-01-01T05:00:00.5Z`, `2013-01-01T05:00:00+02:00`.
PATTERN = (
    r"^(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})(?:[T ](?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})"
    r"(?::(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]{1,9}))?)?(?P<offset>Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?$"
)
DAY = 86_400_000_000
#: `90s`, `30min`, `12h`, `7d`, `2w`. No sum of two durations is beyond 64 bits in microseconds.
DURATION = r"^(0|[1-9][0-9]{0,5})(s|min|h|d|w)$"
DURATION_WORDS = "a duration such as 7d, with the unit s, min, h, d or w"
#: The units in microseconds.
UNITS = {"s": 1_000_000, "min": 60_000_000, "h": 3_600_000_000, "d": DAY, "w": 7 * DAY}
#: 0001-01-01 and the end of 9999-12-31: the range of ISO texts and of Python's dates.
FIRST, LAST = -719_162 * DAY, 2_932_897 * DAY - 1
#: The number of texts that are parsed at a time, so that the arrays of their parts take little memory.
_AT_ONCE = 1 << 16


def parse_moment(text: str) -> int | None:
    """Return the microseconds since 1970 of an ISO date (at midnight) or datetime; None if `text` is neither.

    A time with an offset is converted to UTC; one without is unchanged. Digits below the microsecond must be 0. The
    year must be between 1 and 9999, also in UTC.
    """
    found = re.fullmatch(PATTERN, text)
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, offset = found.groups()
    try:
        days = (date(int(year), int(month), int(day)) - date(1970, 1, 1)) // timedelta(days=1)
    except ValueError:
        return None
    clock = (int(hour or 0), int(minute or 0), int(second or 0))
    fraction = (fraction or "").ljust(9, "0")
    if clock > (23, 59, 59) or clock[1] > 59 or clock[2] > 59 or fraction[6:] != "000":
        return None
    shift = _offset_minutes(offset)
    if shift is None:
        return None
    seconds = (clock[0] * 60 + clock[1] - shift) * 60 + clock[2]
    moment = days * DAY + seconds * 1_000_000 + int(fraction[:6])
    return moment if FIRST <= moment <= LAST else None


def parse_duration(text: str) -> int:
    """Return the microseconds of a duration that matches `DURATION`."""
    number, unit = re.findall(r"[0-9]+|[a-z]+", text)
    return int(number) * UNITS[unit]


def seconds_words(seconds: int) -> str:
    """Format seconds as a duration, in the largest unit in which it is a whole number."""
    unit = next(unit for unit in reversed(UNITS) if seconds * UNITS["s"] % UNITS[unit] == 0)
    return f"{seconds * UNITS['s'] // UNITS[unit]}{unit}"


def parse_moments(texts: pl.Series) -> pl.Series:
    """Apply `parse_moment` to each text, as Int64.

    Most columns have texts of one form only, which are parsed by their places: several times faster than by groups of
    a pattern.
    """
    import polars as pl

    present = texts.drop_nulls()
    form = re.fullmatch(PATTERN, present[0]) if len(present) else None
    if form is None or form["offset"] not in (None, "Z"):
        return _parse_any(texts)
    alike = texts.str.len_bytes().eq(len(form[0])).fill_null(False)
    moments = _parse_alike(texts.filter(alike), form)
    if len(moments) < len(texts):
        made = pl.Series(texts.name, [None], pl.Int64).new_from_index(0, len(texts))
        moments = made.scatter(alike.arg_true(), moments)
    others = moments.is_null() & texts.is_not_null()
    if others.any():
        moments = moments.scatter(others.arg_true(), _parse_any(texts.filter(others)))
    return moments.alias(texts.name)


def _parse_alike(texts: pl.Series, form: re.Match[str]) -> pl.Series:
    """Parse texts that have as many bytes as one that matched. Null for those of another form, and some rare ones."""
    import numpy as np
    import polars as pl

    like = np.frombuffer(form[0].encode(), np.uint8)
    is_digit = (like >= ord("0")) & (like <= ord("9"))
    made = []
    for first in range(0, len(texts), _AT_ONCE):
        part = texts[first : first + _AT_ONCE]
        codes = np.frombuffer(part.str.join("")[0].encode(), np.uint8).reshape(-1, len(like)).T.copy()
        digits = codes - np.uint8(ord("0"))  # other characters are 10 and more
        valid = np.ones(codes.shape[1], bool)
        for place, needed in enumerate(is_digit):
            valid &= digits[place] < 10 if needed else codes[place] == like[place]

        def number(group: str, digits: Any = digits) -> Any:
            start, end = form.span(group)
            total = np.zeros(digits.shape[1], np.int32)
            for place in range(start, end):
                total = total * np.int32(10) + digits[place]
            return total

        year, month, day = number("year"), number("month"), number("day")
        hour, minute, second = number("hour"), number("minute"), number("second")
        leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
        length = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], np.int32)[
            np.minimum(month, 12)
        ]
        valid &= (year > 0) & (month > 0) & (month < 13) & (day > 0) & (day <= length + (leap & (month == 2)))
        valid &= (hour < 24) & (minute < 60) & (second < 60)
        # Years begin in March, so that February is the last month. Days since 0000-03-01, of which 1970 began 719,468.
        past, since = year - (month < 3), (month + 9) % 12
        days = past * 365 + past // 4 - past // 100 + past // 400 + (153 * since + 2) // 5 + day - 719_469
        seconds = days.astype(np.int64) * 86_400 + (hour * 60 + minute) * 60 + second
        start, end = form.span("fraction")
        finer = number("fraction").astype(np.int64) * 10 ** (9 - end + start)
        valid &= finer % 1000 == 0
        moments = seconds * 1_000_000 + finer // 1000
        made.append(pl.Series(moments).set(~pl.Series(valid), None))
    return pl.concat(made) if made else pl.Series([], dtype=pl.Int64)


def _parse_any(texts: pl.Series) -> pl.Series:
    """Parse texts of any forms."""
    import polars as pl

    formed = texts.set(~texts.str.contains(PATTERN), None)
    longest = formed.str.len_bytes().max()
    if longest is None:  # the rest is much slower, and most texts are not dates
        return pl.Series(texts.name, [None], pl.Int64).new_from_index(0, len(texts))

    def number(start: int, length: int) -> pl.Expr:
        return text.str.slice(start, length).cast(pl.Int64, strict=False).fill_null(0)

    text = pl.col("text")
    frame = pl.DataFrame({"text": formed})
    days = text.str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False).cast(pl.Int64)
    years = text.str.slice(0, 4) > "0000"
    if longest == len("2013-01-01"):
        return frame.select(pl.when(years).then(days * DAY).alias(texts.name)).to_series()
    tail = text.str.slice(16)  # after hours and minutes: seconds, fraction, offset
    offset = tail.str.extract(r"([+-].*)$")
    sign = pl.when(offset.str.starts_with("-")).then(-1).otherwise(1)
    digits = offset.str.replace_all(":", "")
    shift_hour = digits.str.slice(1, 2).cast(pl.Int64).fill_null(0)
    shift_minute = digits.str.slice(3, 2).cast(pl.Int64, strict=False).fill_null(0)
    has_second = tail.str.starts_with(":")
    second = pl.when(has_second).then(number(17, 2)).otherwise(0)
    fraction = tail.str.extract(r"[.,]([0-9]+)").str.pad_end(9, "0").cast(pl.Int64).fill_null(0)
    hour, minute = number(11, 2), number(14, 2)
    valid = (hour < 24) & (minute < 60) & (second < 60) & (fraction % 1000 == 0)
    valid &= years & (shift_hour < 24) & (shift_minute < 60)
    minutes = hour * 60 + minute - sign * (shift_hour * 60 + shift_minute)
    moment = days * DAY + (minutes * 60 + second) * 1_000_000 + fraction // 1000
    valid &= moment.is_between(FIRST, LAST)
    return frame.select(pl.when(valid).then(moment).alias(texts.name)).to_series()


def _offset_minutes(offset: str | None) -> int | None:
    """Return the minutes east of UTC; None if the offset is invalid."""
    if offset in (None, "Z"):
        return 0
    digits = (offset or "").replace(":", "").ljust(5, "0")
    hours, minutes = int(digits[1:3]), int(digits[3:5])
    if hours > 23 or minutes > 59:
        return None
    return (hours * 60 + minutes) * (-1 if digits[0] == "-" else 1)
