"""Converts lines of JSON to columns exactly as written: no number is rounded, and no value is affected by its
neighbors.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from mlbuild.data.formats.expanded import open_expanded
from mlbuild.data.formats.refusals import refusal, undecodable
from mlbuild.data.formats.typed import EXACT, Odd
from mlbuild.data.formats.typed import typed as column
from mlbuild.shown import is_unicode

if TYPE_CHECKING:
    import polars as pl

#: The number of rows that are converted to columns at a time.
_BLOCK = 1 << 14
#: The maximum number of columns of a table.
_MOST_KEYS = 50_000
#: The maximum number of cells of a table: a constant, plus this many for each value in the file.
_MOST_SPARSE, _SPARSE = 20_000_000, 100
#: The maximum nesting depth of lists and objects. Anything deeper is shown as `...`.
_DEPTH = 50
#: A number beyond the range of float64 matches this.
_HUGE = re.compile(r"[0-9]{300}|[0-9][eE]\+?[0-9]{3}")
_BLANK = " \t\r\n"
_NOUNS = {list: "a list", str: "a string", bool: "true or false", type(None): "null"}


class _Pairs(list[tuple[str, Any]]):
    """An object: its keys and values, in order."""


class Block(NamedTuple):
    """Consecutive rows: their number, and the values of each wanted column, with None if a row lacks the key."""

    rows: int
    values: Mapping[str, Sequence[Any]]


def keys(file: Path) -> dict[str, None]:
    """Return all keys of a file, in the order of their first use.

    Raises:
        Failed: Of kind `data`: see `blocks`; or there are too many keys for a table.
    """
    found: dict[str, None] = {}
    for _ in blocks(file, (), found):
        pass
    return found


def blocks(file: Path, wanted: Sequence[str], found: dict[str, None]) -> Iterator[Block]:
    """Yield the wanted columns of all rows of a file, and add all keys to `found`; blank lines are skipped.

    Raises:
        Failed: Of kind `data`: a line is not UTF-8, is not a JSON object, or has a key twice; or all lines together have
            too many keys for a table.
    """
    last: tuple[str, ...] = ()
    rows: list[tuple[Any, ...]] = []
    cells, most = 0, _MOST_SPARSE
    for number, pairs in _objects(file):
        cells += len(wanted)
        most += _SPARSE * len(pairs)
        if cells > most:
            raise refusal(
                "ndjson",
                f"it is too sparse: most lines have less than 1 in {_SPARSE} of its {len(wanted):,} keys",
            )
        used = tuple(key for key, _ in pairs)
        row = dict(pairs)
        if used != last:
            _check(number, used, row)
            found |= dict.fromkeys(used)
            if len(found) > _MOST_KEYS:
                raise refusal("ndjson", f"lines 1 to {number:,} have more than {_MOST_KEYS:,} different keys")
            last = used
        rows.append(tuple(map(row.get, wanted)))
        if len(rows) == _BLOCK:
            yield _block(wanted, rows)
            rows = []
    if rows:
        yield _block(wanted, rows)


def _check(number: int, keys: Sequence[str], row: Mapping[str, Any]) -> None:
    """Check the keys of a line.

    Raises:
        Failed: Of kind `data`: there is one twice, or one that is not valid text.
    """
    if len(row) < len(keys):
        twice = Counter(keys).most_common(1)[0][0]
        unquoted = f"line {number} has a duplicate key"
        raise refusal("ndjson", f"line {number} has a duplicate key '{twice}'", unquoted=unquoted)
    if odd := next((key for key in keys if not is_unicode(key)), None):
        unquoted = f"line {number} has a key that is not a string"
        raise refusal("ndjson", f"{unquoted}: {json.dumps(odd)}", unquoted=unquoted)


def _block(wanted: Sequence[str], rows: list[tuple[Any, ...]]) -> Block:
    return Block(len(rows), dict(zip(wanted, zip(*rows, strict=True), strict=True)))


def joined(parts: Sequence[pl.Series]) -> pl.Series:
    """Join the parts of a column: with one type, or else as Python objects, each of its own type."""
    import polars as pl

    types: set[Any] = {one.dtype for one in parts if one.dtype != pl.Null}
    if types == {pl.Int64, pl.Float64} and all(map(_exact, parts)):
        types = {pl.Float64}
    if len(types) > 1 or pl.Object in types:
        return pl.Series(parts[0].name, [value for one in parts for value in one.to_list()], pl.Object)
    (dtype,) = types or {pl.Null}
    return pl.concat([one.cast(dtype) for one in parts])


def typed(name: str, values: Sequence[Any]) -> pl.Series:
    """Convert values to a column. Lists, objects and lone surrogates become odd values."""
    import polars as pl

    with suppress(UnicodeEncodeError):  # a lone surrogate
        if (made := column(name, values)).dtype != pl.Object:
            return made
    return column(name, [Odd(_json(value)) if _is_odd(value) else value for value in values])


def _exact(numbers: pl.Series) -> bool:
    """Whether numbers can be converted to floats exactly."""
    import polars as pl

    return numbers.dtype != pl.Int64 or bool(numbers.is_between(-EXACT, EXACT).all())


def _is_odd(value: Any) -> bool:
    return isinstance(value, list) or (isinstance(value, str) and not is_unicode(value))


def _json(value: Any, depth: int = 0) -> str:
    """Format a list or an object as it may be written in the file."""
    if isinstance(value, list) and depth == _DEPTH:
        return "..."
    if isinstance(value, _Pairs):
        items = (f"{_json(key)}: {_json(item, depth + 1)}" for key, item in value)
        return "{" + ", ".join(items) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_json(item, depth + 1) for item in value) + "]"
    if isinstance(value, Decimal):
        return str(value)
    return json.dumps(value, ensure_ascii=isinstance(value, str) and not is_unicode(value))


def _objects(file: Path) -> Iterator[tuple[int, _Pairs]]:
    """Yield the object in each line, with the line number.

    Raises:
        Failed: Of kind `data`: a line is not UTF-8, or not a JSON object.
    """
    plain, careful = _decoder(float), _decoder(_number)
    with open_expanded(file, "ndjson") as stream:
        for number, line in enumerate(stream, 1):
            try:
                text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip(_BLANK)
            except UnicodeDecodeError:
                with open_expanded(file, "ndjson") as again:
                    raise undecodable(again, "ndjson") from None
            if not text:
                continue
            try:
                found = (careful if _HUGE.search(text) else plain).decode(text)
            except (ValueError, RecursionError) as error:
                raise refusal("ndjson", f"line {number} {_wrong(error)}") from None
            if not isinstance(found, _Pairs):
                raise refusal(
                    "ndjson", f"line {number} is {_NOUNS.get(type(found), 'a number')}, not an object"
                )
            yield number, found


def _decoder(number: Callable[[str], Any]) -> json.JSONDecoder:
    return json.JSONDecoder(object_pairs_hook=_Pairs, parse_float=number, parse_constant=_constant)


def _number(text: str) -> float | Decimal:
    """Return the nearest float64, or the number itself if it is out of range."""
    found = float(text)
    return found if math.isfinite(found) else Decimal(text)


def _constant(text: str) -> float | None:
    """Convert a constant that is not JSON but that many programs write. NaN is a missing value."""
    return None if text == "NaN" else float(text)


def _wrong(error: Exception) -> str:
    """Describe what is wrong with a line that is not JSON."""
    if isinstance(error, RecursionError):
        return "has lists and objects that are nested too deeply"
    if not isinstance(error, json.JSONDecodeError):
        return "has a number with too many digits"
    if error.msg == "Extra data":
        return f"has unexpected text after its object, at character {error.pos + 1}"
    if error.pos >= len(error.doc):
        return "ends in the middle of its object"
    what = error.msg.removesuffix(" at")
    return f"is not JSON: {what[0].casefold()}{what[1:]} at character {error.pos + 1}"
