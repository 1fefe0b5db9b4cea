"""Reads months, quarters and weeks, such as `1970 Q1` and `Jan 1990`, which are shorter to write than dates."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_NAME = r"(?P<name>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_YEAR, _BETWEEN = r"(?P<year>[12]\d{3})", r"[ :./_-]{0,2}"
_FORMS = [
    re.compile(f"^{form}$", re.IGNORECASE)
    for form in (
        rf"{_YEAR}{_BETWEEN}q(?P<unit>[1-4])",
        rf"q(?P<unit>[1-4]){_BETWEEN}{_YEAR}",
        rf"{_YEAR}{_BETWEEN}[mw](?P<unit>\d\d?)",
        rf"{_YEAR}[:./_-](?P<unit>\d\d?)",
        rf"(?P<unit>\d\d?)[:./_-]{_YEAR}",
        r"(?P<unit>\d\d?)/(?P<year>\d\d)",
        rf"{_NAME}{_BETWEEN}{_YEAR}",
        rf"{_NAME}[ -]'?(?P<year>\d\d)",
        rf"{_YEAR}{_BETWEEN}{_NAME}",
    )
]
#: With more different texts, they are not months or quarters.
_MOST = 5_000


def periods(texts: pl.Series) -> pl.Series | None:
    """Return numbers in the order of time for texts, all of which must be periods in the same form."""
    different = texts.unique().to_list()
    if not 3 <= len(different) <= _MOST or None in different:
        return None
    for form in _FORMS:
        found = {text: form.match(text.strip()) for text in different}
        if all(found.values()):
            numbers = {text: _number(match.groupdict()) for text, match in found.items() if match}
            if all(number % 100 <= 53 for number in numbers.values()):
                return texts.replace_strict([*numbers], [*numbers.values()])
    return None


def _number(parts: dict[str, str]) -> int:
    year = int(parts["year"])
    if len(parts["year"]) == 2:
        year += 2000 if year < 69 else 1900
    unit = int(parts["unit"]) if "unit" in parts else _MONTHS.index(parts["name"].casefold()) + 1
    return year * 100 + unit
