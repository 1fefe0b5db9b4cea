"""The values of cells: how a cell is written in a workbook, and what it means."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from mlbuild.data.formats.typed import Odd
from mlbuild.moments import parse_moment
from mlbuild.shown import cut

#: An error, or another content that no dtype can represent, is an `Odd` text.
Cell: TypeAlias = bool | int | float | str | datetime | None
#: What a number format shows: a date (perhaps with a time), only a time of day, or an amount of time.
Shows: TypeAlias = Literal["date", "time", "duration"]

_LONGEST = 1000
#: The digits that can matter in a float.
_DIGITS = 17
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_WHOLE = re.compile(r"0|-?[1-9][0-9]*")
#: Excel writes control characters in this way, and an underscore that would start such a sequence.
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
#: The formats that every program knows, by number. Those from 27 on are dates of East Asian calendars.
_KNOWN: dict[int, Shows] = {
    **dict.fromkeys((*range(14, 18), 22, *range(27, 32), 36, *range(50, 59)), "date"),
    **dict.fromkeys((*range(18, 22), *range(32, 36), 45, 47), "time"),
    46: "duration",
}
#: Parts of a number format that are shown as they are: texts, escaped characters, fillers, colors and locales.
_LITERAL = re.compile(r'"[^"]*"|\\.|[_*].|\[(?!(?:h+|m+|s+)\])[^\]]*\]', re.IGNORECASE)
_DAY = 86_400_000_000
#: The year 1900 is a leap year in workbooks, so that they have a day which never was.
_FIRST, _BEFORE_LEAP_DAY, _1904 = datetime(1899, 12, 30), datetime(1899, 12, 31), datetime(1904, 1, 1)
_LEAP_DAY = 60
_LAST = datetime(9999, 12, 31, 23, 59, 59, 999_999)


class Malformed(Exception):
    """A cell that is not written as the format requires. The message says why."""


def unescaped(text: str) -> str:
    """Return a text of a workbook with its escaped characters.

    Raises:
        Malformed: One of them is half of a character.
    """
    if "_x" not in text:
        return text
    plain = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    try:
        # Characters of 32 bits are escaped in two halves.
        return plain.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    except UnicodeDecodeError:
        raise Malformed("a text has half of a character") from None


def shown_by(number: int, code: str | None) -> Shows | None:
    """Return what a number format shows, if it is a date or time. `code` is its definition in the workbook."""
    if code is None:
        return _KNOWN.get(number)
    plain = _LITERAL.sub("", code.split(";")[0]).casefold()
    if "[" in plain:
        return "duration"
    if "general" in plain:
        return None
    # `m` is a minute next to hours or seconds, and a month otherwise.
    clock = "h" in plain or "s" in plain or "am/pm" in plain
    if any(letter in plain for letter in "ydeg") or ("m" in plain and not clock):
        return "date"
    return "time" if clock else None


def number(text: str, shows: Shows | None, from_1904: bool) -> Cell:
    """Return the value of a cell with a number.

    Raises:
        Malformed: The text is not a number.
    """
    text = text.strip()
    if not _NUMBER.fullmatch(text) or len(text) > _LONGEST or math.isinf(float(text)):
        raise Malformed(f"'{cut(text)}' is not a number")
    # An integer keeps all of its digits, and a float the sign of -0.
    value = int(text) if _WHOLE.fullmatch(text) else float(text)
    if shows is None:
        return value
    if shows != "date":
        return Odd(f"{'time of day' if shows == 'time' else 'duration'} {text}")
    return _moment(float(value), text, from_1904) or Odd(f"date {text}")


def _moment(serial: float, text: str, from_1904: bool) -> datetime | None:
    """Return the moment of a number of days; None if there is no such day.

    A time is a float64 fraction of a day, written with some digits. It is the whole millisecond, the unit of Excel, if
    that one can be written so, and otherwise the nearest microsecond.
    """
    if serial < (0 if from_1904 else 1) or (not from_1904 and _LEAP_DAY <= serial < _LEAP_DAY + 1):
        return None
    day = int(serial)
    rest = (serial - day) * _DAY
    thousands = round(rest / 1000) * 1000
    decimals = len(text.partition(".")[2]) if "e" not in text.casefold() else _DIGITS
    rounded = (0.5 * 10.0**-decimals + math.ulp(serial)) * _DAY
    exact = thousands if abs(rest - thousands) <= rounded else round(rest)
    start = _1904 if from_1904 else _BEFORE_LEAP_DAY if day < _LEAP_DAY else _FIRST
    if day > (_LAST - start).days:
        return None
    return start + timedelta(days=day, microseconds=exact)


def value_of(
    kind: str, text: str | None, strings: Sequence[str], shows: Shows | None, from_1904: bool, formula: bool
) -> Cell:
    """Return the value of a cell with the type `kind` and the text of its value.

    Raises:
        Malformed: The text does not have the type.
    """
    if formula and (text is None or (not text and kind != "str")):
        return Odd("a formula without a stored result")
    if text is None:
        return None
    if kind == "n":
        return number(text, shows, from_1904) if text else None
    if kind == "s":
        if not text.isascii() or not text.isdigit() or int(text) >= len(strings):
            raise Malformed(f"there is no shared text '{text}'")
        return strings[int(text)]
    if kind in ("str", "inlineStr"):
        return unescaped(text)
    if kind == "b":
        if text not in ("0", "1"):
            raise Malformed(f"'{text}' is not a boolean")
        return text == "1"
    if kind == "e":
        return Odd(text)
    if kind == "d":
        moment = parse_moment(text)
        return Odd(text) if moment is None else datetime(1970, 1, 1) + timedelta(microseconds=moment)
    raise Malformed(f"unknown type '{kind}'")
