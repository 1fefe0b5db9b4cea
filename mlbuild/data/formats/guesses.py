"""What the values of a column are: guessed from texts, or from the type that they have in the file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlbuild.data.casts import cast
from mlbuild.data.moments import parse_moment

if TYPE_CHECKING:
    import polars as pl

#: Texts, in lower case, that mean a missing value wherever they stand.
_MISSING = ("", "na", "n/a", "#n/a", "<na>", "nan", "null")
#: Those that do only in a column which without them is of numbers, dates or booleans.
_DOUBTFUL = (".", "..", "-", "--", "---", "?", "*", "none", "nil", "missing", "unknown", "(null)", "\\n")
_ORDER = ("bool", "int", "float", "date", "datetime")
_SAMPLE = 1000


@dataclass(frozen=True)
class TextGuess:
    """The dtype of texts, and which of them would be missing values: for sure, and with this dtype."""

    dtype: str
    sure: frozenset[str]
    words: frozenset[str]

    @classmethod
    def of(cls, texts: pl.Series) -> TextGuess:
        values = texts.unique(maintain_order=True)
        missing, sure, words = _marks(values)
        dtype = _dtype_of_texts(values.filter(~values.is_in(words | missing)) if words or missing else values)
        if dtype == "int" and not missing and values.str.contains(".", literal=True).any():
            dtype = "float"  # where some are missing, pandas writes whole numbers with a point too
        if dtype == "float":  # a float reads `nan` itself
            sure, words = (
                frozenset(word for word in part if word.lower() != "nan") for part in (sure, words)
            )
        return cls(dtype, sure, sure if dtype == "string" else words)


def _marks(values: pl.Series) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Which texts mean a missing value; which of them are not empty; and with these all that may mean it."""
    folded = values.str.strip_chars(" \t").str.to_lowercase()
    special = values.filter(folded.is_in([*_MISSING, *_DOUBTFUL])).to_list()
    missing = frozenset(text for text in special if text.strip(" \t").lower() in _MISSING)
    return missing, missing - {""}, frozenset(special) - {""}


def _dtype_of_texts(values: pl.Series) -> str:
    """The first dtype that all of the values have; a sample of them rules most dtypes out."""
    if values.is_empty() or _codes(values):
        return "string"
    some = [values.gather_every(len(values) // _SAMPLE)] if len(values) >= 2 * _SAMPLE else []
    for dtype in (one for one in _ORDER if _can_be(one, values[0])):
        if all(cast(part, dtype).null_count() == 0 for part in (*some, values)):
            return dtype
    return "string"


def _can_be(dtype: str, text: str) -> bool:
    """Whether a text can have a dtype, as far as that is found out quickly."""
    text = text.strip(" \t")
    if dtype == "bool":
        return text.lower() in ("true", "false")
    return dtype not in ("date", "datetime") or parse_moment(text) is not None


def _codes(values: pl.Series) -> bool:
    """Whether digits are names rather than numbers: padded with zeros, as postcodes are, or beyond 2^53."""
    if not values.str.contains(r"^[0-9]+$").all():
        return False
    if values.str.contains(r"^0[0-9]{2,}$").any():
        return True
    return any(int(text) > 2**53 for text in values.filter(values.str.len_chars() > 15))


def dtype_of(values: pl.Series) -> str | None:
    """The dtype of a column that has a type, None where there is none that holds its values."""
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
