"""Random tables with awkward names and values of every kind, as CSV texts."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable

from mlbuild.frozen import frozen

#: Names with a meaning in YAML, SQL, mlbuild or the libraries that process tables.
NAMES = (
    'a b|a.b|größe|it\'s|say "x"|9E|1960|a: b|# no|- x|*a|&a|{a}|[b]|new\nline|tab\tx|trail | lead|null|true|~|1e3|'
    "yes|No|^x$|label|prediction|probabilities|_mlbuild_x|<<|=|%|@x|`x`|a,b|a;b|order|select|else|x-foo|!tag|>|?|é😀|"
    "\u2028sep|a\\b|$ref|${x}|id|date|f0|0x1F|2013-10-01|'q'|\xa0nb|nan|a #b|key:|C:\\x|-|.|on"
).split("|")
_SETS = ("a b c", "yes no", "1a 2b", "007 013", "null true", 'it\'s "q" #', "ü 😀 \u2028")
_MISSING = ("", "NA", "-", "?", "null", "N/A", "None", "nan", "  ")


@frozen
class Written:
    """A CSV file as text, and the column to predict."""

    text: str
    target: str


def table(seed: int) -> Written:
    """Return the table for a seed: 12 to 260 rows of 3 to 7 columns, any of which can be the target."""
    chance = random.Random(seed)
    rows, width = chance.choice((12, 40, 80, 260)), chance.randint(3, 7)
    names = chance.sample(NAMES, width)
    columns = [_column(chance, rows) for _ in names]
    text = io.StringIO()
    dialect = chance.choice(("unix", "excel"))  # all values in quotes, or only those that need them
    writer = csv.writer(text, dialect, delimiter=chance.choice(",;\t"))
    writer.writerows([names, *zip(*columns, strict=True)])
    return Written(text.getvalue(), chance.choice(names))


def _column(chance: random.Random, rows: int) -> list[str]:
    kind = chance.choice(KINDS)
    values = [kind(chance, row) for row in range(rows)]
    if chance.random() < 0.4:
        word = chance.choice(_MISSING)
        values = [word if chance.random() < 0.1 else value for value in values]
    return values


def _day(chance: random.Random) -> str:
    return f"{chance.randint(2010, 2013)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"


def _category(words: list[str]) -> Callable[[random.Random, int], str]:
    return lambda chance, row: chance.choice(words)


KINDS: tuple[Callable[[random.Random, int], str], ...] = (
    lambda chance, row: str(chance.randint(-5, 50)),
    lambda chance, row: str(chance.randint(0, 3)),
    lambda chance, row: f"{chance.gauss(0, 1):.4g}",
    lambda chance, row: f"{chance.randint(0, 1)}.0",
    lambda chance, row: chance.choice(("true", "False")),
    *(_category(words.split()) for words in _SETS),
    lambda chance, row: _day(chance),
    lambda chance, row: f"2010-01-{row % 28 + 1:02}T{chance.randint(0, 23):02}:00",
    lambda chance, row: f"k{row}",
    lambda chance, row: "5",
    lambda chance, row: "".join(chance.choice("abc de,;\"'\n#:") for _ in range(20)),
    lambda chance, row: str(2**60 + chance.randint(0, 999)),
    lambda chance, row: "",
    lambda chance, row: f"{chance.randint(1, 12)}/{chance.randint(1, 28)}/2013",
    lambda chance, row: chance.choice(("1.5", "inf", "-2")),
    lambda chance, row: chance.choice((" 1", "2 ", "   ")),
)
