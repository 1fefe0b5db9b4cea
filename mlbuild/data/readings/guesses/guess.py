"""Guesses how the texts of a column become booleans, numbers, dates or times.

A guess holds for all values, and is the only one that does. If several do, there is a doubt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlbuild.data.readings.guesses.dates import guess_dates
from mlbuild.data.readings.guesses.numbers import guess_numbers
from mlbuild.data.readings.guesses.written import Doubt, Written
from mlbuild.data.readings.reading import Reading

if TYPE_CHECKING:
    import polars as pl

#: Words for true and for false, in several languages.
_WORDS = (
    ({"yes", "y"}, {"no", "n"}),
    ({"ja", "j"}, {"nein", "n"}),
    ({"oui", "o"}, {"non", "n"}),
    ({"si", "sí", "sì", "s"}, {"no", "n"}),
    ({"sim"}, {"não", "nao"}),
    ({"true", "t"}, {"false", "f"}),
    ({"on"}, {"off"}),
)


def guess_reading(values: pl.Series, rows: pl.Series) -> Written | Doubt | None:
    """Guess the dtype of these different texts and how to read them. None if they are just texts.

    `rows` has the texts of all rows.
    """
    if values.is_empty():
        return None
    if len(values) <= 8 and (flags := _guess_words(values)):
        return flags
    if not values.head(20).str.contains(r"\d").all():
        return None
    return guess_dates(values, rows) or guess_numbers(values)


def _guess_words(values: pl.Series) -> Written | None:
    found = {text.strip(" \t").casefold() for text in values}
    for yes, no in _WORDS:
        if found <= yes | no and found & yes and found & no:
            return Written("bool", Reading(true=tuple(sorted(found & yes)), false=tuple(sorted(found & no))))
    return None
