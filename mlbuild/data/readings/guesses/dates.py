"""Guesses the format of dates and times."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlbuild.data.readings.guesses.written import Doubt, Written
from mlbuild.data.readings.reading import Reading

if TYPE_CHECKING:
    import polars as pl

#: With fewer different dates, their order says nothing about the format.
_FEWEST = 10
#: A year of two digits that would be later than this may be of the last century.
_LATEST = 2050
_NAMED = (
    "%b %d %Y|%b %d, %Y|%B %d %Y|%B %d, %Y|%d %b %Y|%d %B %Y|%d-%b-%Y|%d-%b-%y|%d-%B-%Y|%d. %B %Y|%d. %b %Y|%b-%d-%Y|"
    "%d %b %y|%d%b%Y|%Y %b %d|%Y-%b-%d|%d/%b/%Y|%a, %d %b %Y|%a %d %b %Y|%A, %d %B %Y|%A, %B %d, %Y|%a %b %d %Y"
).split("|")
_CLOCKS = (
    " %H:%M| %H:%M:%S| %H:%M:%S.%f| %I:%M %p| %I:%M%p| %I:%M:%S %p|T%H:%M|T%H:%M:%S|, %H:%M| %H:%M:%S %z"
).split("|")
_DIGITS = ("%Y%m%d", "%y%m%d")
_MAY_BE = r"^[\pL]{0,9},? ?\d{1,4}[ ./-]|^[\pL]{3,9}[ .-]\d|^\d{1,2}[\pL]{3}\d{4}"


def guess_dates(values: pl.Series, rows: pl.Series) -> Written | Doubt | None:
    """Guess the format of these different texts, all of which must be dates or times.

    `rows` has the texts of all rows in the order of the file: rows are often sorted by time.
    """
    if not values.head(20).str.contains(_MAY_BE).all():
        return None
    return _choose([*_fitting(values, _formats(values[0]))], values, rows)


def guess_digits(values: pl.Series, rows: pl.Series) -> Written | Doubt | None:
    """Guess the format of numbers that are called dates, such as 20131001."""
    texts = values.cast(str)
    return _choose([*_fitting(texts, iter(_DIGITS))], texts, rows.cast(str))


def _formats(text: str) -> Iterator[str]:
    """Yield the formats that a text may have."""
    dates = _NAMED if any(char.isalpha() for char in text.split(":")[0].rstrip("T0123456789")) else []
    for mark in "/-.":
        if text.count(mark) >= 2:
            orders = "d m Y|m d Y|Y m d|d m y|m d y|y m d".split("|")
            # Nobody writes the month first between points.
            orders = [order for order in orders if mark != "." or order[0] != "m"]
            dates = [*dates, *(mark.join(f"%{part}" for part in order.split()) for order in orders)]
    clocks = _CLOCKS if ":" in text else [""]
    yield from (date + clock for date in dates for clock in clocks)


def _fitting(values: pl.Series, formats: Iterator[str]) -> Iterator[tuple[Written, pl.Series]]:
    for format_ in formats:
        way, dtype = Reading(format=format_), "datetime" if "%H" in format_ or "%I" in format_ else "date"
        if way.convert(values.head(1), dtype).null_count():
            continue
        found = way.convert(values, dtype)
        if not found.null_count():
            yield Written(dtype, way), found


def _choose(
    fitting: list[tuple[Written, pl.Series]], values: pl.Series, rows: pl.Series
) -> Written | Doubt | None:
    """Return the only format that fits, or the only one in which the rows are in order of time."""
    if not fitting:
        return None
    first, moments = fitting[0]
    different = [(first, moments)] + [one for one in fitting[1:] if not one[1].equals(moments)]
    if "%y" in (first.way.format or "") and moments.dt.year().max() > _LATEST:  # type: ignore[operator]  # years are numbers
        return Doubt(f"has dates like '{values[0]}', whose century is not clear")
    if len(different) == 1:
        return first
    formats = " or ".join(f"'{written.way.format}'" for written, _ in different)
    if len(values) >= _FEWEST and not _sorted(rows):
        ordered = [written for written, _ in different if _sorted(written.way.convert(rows, written.dtype))]
        if len(ordered) == 1:
            (written,) = ordered
            why = f"a guess between {formats}: in this format, the rows are in order of time"
            return Written(written.dtype, written.way, why)
    return Doubt(f"has dates like '{values[0]}', whose format may be {formats}")


def _sorted(values: pl.Series) -> bool:
    present = values.drop_nulls()
    return present.is_sorted() or present.is_sorted(descending=True)
