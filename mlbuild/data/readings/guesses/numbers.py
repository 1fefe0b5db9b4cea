"""Guesses how numbers are written: with a currency or a unit, a decimal comma, or separators of thousands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlbuild.data.readings.guesses.written import Doubt, Written
from mlbuild.data.readings.reading import Reading
from mlbuild.frozen import frozen

if TYPE_CHECKING:
    import polars as pl

_BLANKS = " \t\u00a0\u202f"
#: Where these stand before a number, a comma separates thousands and a point the decimals.
_ENGLISH = frozenset("$ £ US$ A$ C$ USD GBP AUD CAD".split())
_MONEY = _ENGLISH | frozenset("€ ¥ ₹ ₩ EUR CHF JPY CNY INR SEK NOK DKK PLN CZK Fr. kr zł".split())
_UNITS = frozenset(
    "% ‰ ° °C °F K kg g mg µg t lb lbs oz km m cm mm µm mi ft in l ml s ms min h hrs km/h mph kW kWh MW W V Hz MB GB".split()
)
_LONGEST_UNIT = 15
_FORM = r"^(?P<sign>[+-]?)(?P<prefix>[^\d+.,-]*?)(?P<body>[+-]?[.,]?\d(?:[\d.,'’ \x{a0}\x{202f}]*\d)?)(?P<suffix>\D*)$"


@frozen
class _Around:
    """What stands around all numbers of a column."""

    prefix: str
    suffix: str

    def read(self, decimal: str, thousands: str | None) -> Reading:
        return Reading(
            prefix=(self.prefix,) if self.prefix else (),
            suffix=(self.suffix,) if self.suffix else (),
            decimal=decimal,
            thousands=thousands,
        )


def guess_numbers(values: pl.Series) -> Written | Doubt | None:
    """Guess how these different texts are numbers. None if they are not, or not all of them."""
    import polars as pl

    parts = values.to_frame("text").select(pl.col("text").str.extract_groups(_FORM)).unnest("text")
    bodies = parts["body"]
    around = None if bodies.null_count() else _around(parts)
    if around is None:
        return None
    way = _separators(bodies, around)
    if way is None or isinstance(way, Doubt):
        return way
    dtype = next((one for one in ("int", "float") if not way.convert(values, one).null_count()), None)
    return None if dtype is None or way == Reading() else Written(dtype, way)


def _around(parts: pl.DataFrame) -> _Around | None:
    """Return what all values have in common before and after the number, if people write that around numbers."""
    prefixes, suffixes = (parts[name].str.strip_chars(_BLANKS).unique() for name in ("prefix", "suffix"))
    if len(prefixes) > 1 or len(suffixes) > 1 or prefixes[0] not in ("", *_MONEY):
        return None
    unit = suffixes[0]
    apart = bool(parts["suffix"].str.contains(rf"^[{_BLANKS}]").all())
    word = apart and len(unit) <= _LONGEST_UNIT and not set(unit) & set("+-*/()[]{}<>=?!:;,")
    return _Around(prefixes[0], unit) if unit in ("", *_MONEY, *_UNITS) or word else None


def _separators(bodies: pl.Series, around: _Around) -> Reading | Doubt | None:
    points, commas = (bodies.str.contains(mark, literal=True) for mark in ".,")
    for mark, shown in ((" ", r"[ \x{a0}\x{202f}]"), ("'", "['’]")):
        if bodies.str.contains(shown).any():
            # Digits in groups can also be codes, unless they differ in length.
            decimal = "," if commas.any() else "."
            plain = bodies.str.replace_all(r"[^\d]", "").str.len_chars().n_unique() > 1
            return _proven(bodies, around, decimal, mark) if plain else None
    if points.any() and commas.any():
        both = bodies.filter(points & commas)
        if not len(both):
            return _proven(bodies, around, ".", ",") or _proven(bodies, around, ",", ".")
        comma_first = both.str.contains(r",.*\.").all()
        return _proven(bodies, around, *((".", ",") if comma_first else (",", ".")))
    if not commas.any():
        return _with_points(bodies, around, points)
    if around.prefix in _ENGLISH:
        return _proven(bodies, around, ".", ",") or _proven(bodies, around, ",", None)
    return _with_commas(bodies, around, commas)


def _with_points(bodies: pl.Series, around: _Around, points: pl.Series) -> Reading | Doubt | None:
    """A point separates decimals, unless a number has several of them."""
    if bodies.str.count_matches(r"\.").max() != 1:
        return _proven(bodies, around, ".", None) or _proven(bodies, around, ",", ".")
    money = around.suffix in _MONEY or around.prefix in _MONEY - _ENGLISH
    if money and bodies.filter(points).str.contains(r"^[+-]?[1-9]\d{0,2}\.\d{3}$").all():
        return _doubt(bodies.filter(points)[0])
    return _proven(bodies, around, ".", None)


def _with_commas(bodies: pl.Series, around: _Around, commas: pl.Series) -> Reading | Doubt | None:
    thousands = _proven(bodies, around, ".", ",")
    if thousands is None:
        return _proven(bodies, around, ",", None)
    several = bodies.str.count_matches(",").max() != 1
    # With three decimals everywhere, small whole numbers would also have a comma; without, large ones would not.
    whole = bodies.filter(~commas)
    mixed = len(whole) > 0 and whole.str.len_chars().max() <= 3  # type: ignore[operator]  # lengths are numbers
    return thousands if several or mixed else _doubt(bodies.filter(commas)[0])


def _doubt(text: str) -> Doubt:
    mark = "," if "," in text else "."
    return Doubt(f"has numbers like '{text}', in which '{mark}' may separate decimals or thousands")


def _proven(bodies: pl.Series, around: _Around, decimal: str, thousands: str | None) -> Reading | None:
    """Return the way to read the values, if all bodies are numbers in it."""
    bare = Reading(decimal=decimal, thousands=thousands)
    return None if bare.convert(bodies, "float").null_count() else around.read(decimal, thousands)
