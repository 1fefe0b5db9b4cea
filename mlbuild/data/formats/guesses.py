"""Guesses the dtype of a column from its texts, or from its type in the file."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from mlbuild.data.casts import cast
from mlbuild.data.readings.guesses.dates import guess_digits
from mlbuild.data.readings.guesses.guess import guess_reading
from mlbuild.data.readings.guesses.written import Doubt, Written
from mlbuild.frozen import frozen
from mlbuild.moments import parse_moment

if TYPE_CHECKING:
    import polars as pl

#: Texts, in lower case, that mean a missing value in any column.
_MISSING = ("", "na", "n/a", "#n/a", "<na>", "nan", "null")
#: Texts that mean a missing value only if all others in the column are numbers, dates or booleans.
_DOUBTFUL = (".", "..", "-", "--", "---", "?", "*", "none", "nil", "missing", "unknown", "(null)", "\\n")
_ORDER = ("bool", "int", "float", "date", "datetime")
_SAMPLE = 1000
#: Names of columns whose numbers may be dates, such as 20131001.
_DATES = re.compile(r"(?i)(^|[\W_])(date|datum|fecha)([\W_]|$)|[a-z]Date")


@frozen
class TextGuess:
    """The dtype of texts, and which of them are missing values: certainly, and with this dtype.

    `found` says how they are written, or why that is not clear, if the usual way does not read them.
    """

    dtype: str
    sure: frozenset[str]
    words: frozenset[str]
    found: Written | Doubt | None = None

    @classmethod
    def of(cls, texts: pl.Series) -> TextGuess:
        values = texts.unique(maintain_order=True)
        missing, sure, words = _marks(values)
        present = values.filter(~values.is_in(words | missing)) if words or missing else values
        dtype = _dtype_of_texts(present)
        found = written(present, texts.set(texts.is_in(words | missing), None), dtype)
        if isinstance(found, Written):
            dtype = found.dtype
        if dtype == "int" and not missing and values.str.contains(".", literal=True).any():
            dtype = "float"  # pandas writes integers with a decimal point if some are missing
        if dtype == "float":  # conversion to float accepts `nan`
            sure, words = (
                frozenset(word for word in part if word.casefold() != "nan") for part in (sure, words)
            )
        return cls(dtype, sure, sure if dtype == "string" else words, found)


def written(values: pl.Series, rows: pl.Series, dtype: str) -> Written | Doubt | None:
    """Guess how the different values of a column are written, if not in the usual way."""
    if dtype == "int" and _DATES.search(rows.name):
        found = guess_digits(values, rows)
        return found if isinstance(found, Written) else None
    return guess_reading(values, rows) if dtype == "string" else None


def written_in(values: pl.Series) -> Written | Doubt | None:
    """Guess how the texts of a column that has a type in the file are written, and which are missing values."""
    different = values.drop_nulls().unique(maintain_order=True)
    missing, _, words = _marks(different)
    marks = words | missing
    found = guess_reading(different.filter(~different.is_in(marks)), values.set(values.is_in(marks), None))
    if isinstance(found, Written) and marks - {""}:
        return replace(found, way=replace(found.way, null_values=tuple(sorted(marks - {""}))))
    return found


def _marks(values: pl.Series) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Return the texts that mean a missing value, those of them that are not empty, and all that may mean one."""
    folded = values.str.strip_chars(" \t").str.to_lowercase()
    special = values.filter(folded.is_in([*_MISSING, *_DOUBTFUL])).to_list()
    missing = frozenset(text for text in special if text.strip(" \t").casefold() in _MISSING)
    return missing, missing - {""}, frozenset(special) - {""}


def _dtype_of_texts(values: pl.Series) -> str:
    """Return the first dtype that fits all values. A sample of them rules out most dtypes."""
    if values.is_empty() or _codes(values):
        return "string"
    some = [values.gather_every(len(values) // _SAMPLE)] if len(values) >= 2 * _SAMPLE else []
    for dtype in (one for one in _ORDER if _can_be(one, values[0])):
        if all(cast(part, dtype).null_count() == 0 for part in (*some, values)):
            return dtype
    return "string"


def _can_be(dtype: str, text: str) -> bool:
    """Whether a text may have a dtype, as far as a quick test can tell."""
    text = text.strip(" \t")
    if dtype == "bool":
        return text.casefold() in ("true", "false")
    return dtype not in ("date", "datetime") or parse_moment(text) is not None


def _codes(values: pl.Series) -> bool:
    """Whether digits are codes rather than numbers: padded with zeros, like postcodes, or larger than 2^53."""
    if not values.str.contains(r"^[0-9]+$").all():
        return False
    if values.str.contains(r"^0[0-9]{2,}$").any():
        return True
    return any(int(text) > 2**53 for text in values.filter(values.str.len_chars() > 15))


def dtype_of(values: pl.Series) -> str | None:
    """Return the dtype for a column that has a type in the file; None if no dtype fits its values."""
    import polars as pl

    type_ = values.dtype
    if isinstance(type_, (pl.String, pl.Categorical, pl.Enum, pl.Binary, pl.Null)):
        choices: tuple[str, ...] = ("date", "datetime", "string")
    elif type_ == pl.Object:
        choices = (*_ORDER, "string")
    else:
        choices = ("bool", "int", "date", "datetime", "float") if not type_.is_float() else ("float",)
    absent = values.null_count() + (int(values.is_nan().sum()) if type_.is_float() else 0)
    fits = (dtype for dtype in choices if cast(values, dtype).null_count() == absent)
    return next(fits, None) if absent < len(values) else "string"
