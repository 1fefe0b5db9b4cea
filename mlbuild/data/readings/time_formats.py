"""Formats of dates and times, such as `%d.%m.%Y`, with the directives of Python's `strptime`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlbuild.diagnostics import Path, Problem
from mlbuild.frozen import frozen
from mlbuild.hints import listed

if TYPE_CHECKING:
    import polars as pl

_MONTHS = "January February March April May June July August September October November December".split()
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_SPACES = r"[ \t\x{a0}\x{202f}]+"


def _any_of(names: list[str], length: int | None = None) -> str:
    return f"(?i:{'|'.join(name[:length] for name in names)})"


@frozen
class _Directive:
    """What a directive determines, and the regular expression of its texts.

    A `number` has one or two digits. It has two if another digit follows or precedes it directly.
    """

    sets: str
    pattern: str
    number: bool = False


_DIRECTIVES = {
    "Y": _Directive("year", "[0-9]{4}"),
    "y": _Directive("year", "[0-9]{2}"),
    "m": _Directive("month", "[0-9]{1,2}", number=True),
    "b": _Directive("month", _any_of(_MONTHS, 3)),
    "B": _Directive("month", _any_of(_MONTHS)),
    "d": _Directive("day", "[0-9]{1,2}", number=True),
    "H": _Directive("hour", "[0-9]{1,2}", number=True),
    "I": _Directive("hour", "[0-9]{1,2}", number=True),
    "p": _Directive("half", "(?i:am|pm)"),
    "M": _Directive("minute", "[0-9]{1,2}", number=True),
    "S": _Directive("second", "[0-9]{1,2}", number=True),
    "f": _Directive("fraction", "[0-9]{1,9}"),
    "z": _Directive("offset", "Z|[+-][0-9]{2}:?[0-9]{2}"),
    "a": _Directive("weekday", _any_of(_DAYS, 3)),
    "A": _Directive("weekday", _any_of(_DAYS)),
}
_DIGITS = frozenset("YymdHIMSf")
_PIECES = re.compile(r"%(?P<directive>.?)|(?P<space>[ \t\n]+)|(?P<text>[^% \t\n]+)", re.DOTALL)
#: What cannot be set without something else, for messages: a directive for each.
_NEEDS = {"minute": ("hour", "%H"), "second": ("minute", "%M"), "fraction": ("second", "%S")}
_DATE = {"year": "%Y", "month": "%m", "day": "%d"}


def wrong_format(format_: str, at: Path) -> Iterator[Problem]:
    """Yield what is wrong with a format."""

    def problem(message: str, help_: str) -> Problem:
        return Problem("bad-format", f"the time format '{format_}' {message}", at, help_)

    names = [found["directive"] for found in _PIECES.finditer(format_) if found[0][0] == "%"]
    known = listed(f"%{name}" for name in _DIRECTIVES)
    if odd := next((name for name in names if name != "%" and name not in _DIRECTIVES), None):
        yield problem(f"has the unknown directive '%{odd}'", f"available directives: {known}")
        return
    if "" in names:
        yield problem("ends in a single '%'", "write %% for a percent sign")
        return
    sets = [_DIRECTIVES[name].sets for name in names if name != "%"]
    if twice := next((one for one in sets if sets.count(one) > 1), None):
        yield problem(f"has the {twice} twice", "remove one of the directives")
    for part, directive in _DATE.items():
        if part not in sets:
            yield problem(f"has no {part}", f"add a directive such as {directive}")
    if "half" in sets and "I" not in names:
        yield problem("has %p without %I", "use %I for an hour from 1 to 12")
    if "I" in names and "half" not in sets:
        yield problem("has %I without %p", "use %H for an hour from 0 to 23, or add %p for AM and PM")
    for part, (needed, directive) in _NEEDS.items():
        if part in sets and needed not in sets:
            yield problem(f"has a {part}, but no {needed}", f"add {directive}")


def to_iso(texts: pl.Series, format_: str) -> pl.Series:
    """Rewrite dates and times in a valid format as ISO 8601; null for any other text.

    Whether there is such a day or time of day is left to the reader of the result.
    """
    import polars as pl

    names = [found["directive"] for found in _PIECES.finditer(format_) if found[0][0] == "%"]
    parts = texts.alias("text").to_frame().select(pl.col("text").str.extract_groups(_pattern(format_)))
    frame = parts.unnest("text")
    found = {_DIRECTIVES[name].sets: name for name in names if name != "%"}

    def number(part: str) -> pl.Expr:
        return pl.col(part).cast(pl.Int64) if part in found else pl.lit(0, pl.Int64)

    def digits(value: pl.Expr, width: int) -> pl.Expr:
        return value.cast(pl.String).str.zfill(width)

    year = number("year")
    if found["year"] == "y":  # as POSIX has it
        year = year + pl.when(year < 69).then(2000).otherwise(1900)
    month = number("month") if found["month"] == "m" else _month_of(pl.col("month"))
    hour = number("hour")
    if found.get("hour") == "I":
        late = pl.col("half").str.to_lowercase() == "pm"
        hour = pl.when(hour.is_between(1, 12)).then(hour % 12 + pl.when(late).then(12).otherwise(0))
    day = [digits(year, 4), digits(month, 2), digits(number("day"), 2)]
    clock = [digits(hour, 2), digits(number("minute"), 2), digits(number("second"), 2)]
    iso = pl.concat_str(pl.concat_str(day, separator="-"), pl.concat_str(clock, separator=":"), separator="T")
    if "fraction" in found:
        iso = pl.concat_str(iso, pl.col("fraction"), separator=".")
    if "offset" in found:
        iso = pl.concat_str(iso, pl.col("offset"))
    return frame.select(iso.alias(texts.name)).to_series()


def _pattern(format_: str) -> str:
    """Return the regular expression of a format, with a named group for each directive."""
    pieces = [*_PIECES.finditer(format_)]
    texts: list[str] = []
    for index, piece in enumerate(pieces):
        name = piece["directive"]
        if name is None:
            texts.append(_SPACES if piece["space"] else re.escape(piece["text"]))
        elif name == "%":
            texts.append("%")
        else:
            near = (_edge(pieces, index - 1, -1), _edge(pieces, index + 1, 0))
            directive = _DIRECTIVES[name]
            full = directive.number and any(near)
            texts.append(f"(?P<{directive.sets}>{'[0-9]{2}' if full else directive.pattern})")
    return f"^{''.join(texts)}$"


def _edge(pieces: list[re.Match[str]], index: int, end: int) -> bool:
    """Whether a piece may have a digit at one of its ends."""
    if not 0 <= index < len(pieces):
        return False
    name, text = pieces[index]["directive"], pieces[index]["text"]
    return name in _DIGITS if name is not None else bool(text) and text[end].isdigit()


def _month_of(names: pl.Expr) -> pl.Expr:
    import polars as pl

    short = [name[:3].casefold() for name in _MONTHS]
    return (
        names.str.to_lowercase()
        .str.slice(0, 3)
        .replace_strict(short, [*range(1, 13)], default=None, return_dtype=pl.Int64)
    )
