"""The steps that combine rows, computed once more: row by row, with fractions, as slowly as they are defined."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

import polars as pl

from mlbuild.data.table import Table
from tests.data.tables import table

Row = dict[str, Any]

COLUMNS: dict[str, Any] = {
    "k": {"dtype": "int", "nullable": True},
    "g": {"dtype": "string", "nullable": True},
    "z": {"dtype": "float", "nullable": True},
    "x": {"dtype": "float", "nullable": True, "finite": False},
    "n": {"dtype": "int", "nullable": True},
    "b": {"dtype": "bool", "nullable": True},
    "s": {"dtype": "string", "nullable": True},
    "d": {"dtype": "date", "nullable": True},
    "t": "datetime",
    "day": "date",
}
SCHEMA: dict[str, Any] = {
    "k": pl.Int64, "g": pl.String, "z": pl.Float64, "x": pl.Float64, "n": pl.Int64, "b": pl.Boolean,
    "s": pl.String, "d": pl.Date, "t": pl.Datetime("us"), "day": pl.Date,
}  # fmt: skip
TABLE: Table = table(COLUMNS)
_KEYS = (["k"], ["g"], ["k", "g"], ["z"])
#: Values whose sums depend on the order in which they are added, or that do not fit.
_FLOATS = [
    *(0.0, -0.0, 0.1, 0.2, -0.3, 1e16, -1e16, 3.7, 5e-324, 1e-300),
    *(12.34, 56.78, 1e5, 2.5),
]
_RARE = [float("inf"), float("-inf"), 1.7e308, -1.7e308]


class Wrong(Exception):
    """The right result cannot be represented, so the step must fail."""


def rows_of(chance: random.Random) -> list[Row]:
    """Return random rows with few keys, many equal times and missing values."""
    odd = chance.random() < 0.3
    scale = chance.choice([3, 10, 2**62])

    def maybe(value: Any) -> Any:
        return None if chance.random() < 0.15 else value

    def made() -> Row:
        moment = datetime(2020, 1, 1) + timedelta(hours=chance.randint(0, 30))
        rare = odd and chance.random() < 0.1
        return {
            "k": maybe(chance.randint(0, 3)),
            "g": maybe(chance.choice(["a", "b"])),
            "z": maybe(chance.choice([0.0, -0.0, 1.5])),
            "x": maybe(chance.choice(_RARE if rare else _FLOATS)),
            "n": maybe(chance.randint(-scale, scale)),
            "b": maybe(chance.random() < 0.5),
            "s": maybe(chance.choice(["", "u", "v", "w"])),
            "d": maybe(date(2020, 1, chance.randint(1, 9))),
            "t": moment,
            "day": date(2020, 1, chance.randint(1, 12)),
        }

    return [made() for _ in range(chance.choice([0, 1, 2, chance.randint(3, 40)]))]


def frame(rows: Sequence[Row]) -> pl.DataFrame:
    return pl.DataFrame({name: [row[name] for row in rows] for name in SCHEMA}, schema=SCHEMA)


def calls(chance: random.Random, ordered: bool) -> dict[str, tuple[str, str | None, int]]:
    """Return random calls by the names of the new columns: the function, its column, and how far it goes back."""
    found: dict[str, tuple[str, str | None, int]] = {"rows": ("COUNT(*)", None, 1)}
    for number in range(chance.randint(1, 5)):
        function = chance.choice(
            ["SUM", "AVG", "MIN", "MAX", "COUNT", "COUNT DISTINCT", *["LAST", "LAG"] * ordered]
        )
        columns = {"SUM": "xn", "AVG": "xn", "MIN": ["x", "n", "d", "t"], "MAX": ["x", "n", "d", "t"]}
        column = chance.choice([*columns.get(function, ["x", "n", "b", "s", "d", "t"])])
        found[f"c{number}"] = (function, column, chance.randint(1, 3) if function == "LAG" else 1)
    return found


def text(call: tuple[str, str | None, int]) -> str:
    function, column, back = call
    if column is None:
        return function
    if function == "COUNT DISTINCT":
        return f"COUNT(DISTINCT {column})"
    return f"{function}({column}, {back})" if function == "LAG" else f"{function}({column})"


def plain(value: Any) -> Any:
    """Return a value as it is compared: zero has no sign."""
    return value + 0.0 if isinstance(value, float) else value


def value_of(function: str, column: str | None, rows: Sequence[Row]) -> Any:
    """Return the value of a function for some rows."""
    if column is None:
        return len(rows)
    values = [plain(row[column]) for row in rows if row[column] is not None]
    if function == "COUNT":
        return len(values)
    if function == "COUNT DISTINCT":
        return len({*values})
    if not values:
        return None
    if function in ("MIN", "MAX"):
        return min(values) if function == "MIN" else max(values)
    total = _sum(values)
    return float(total) / len(values) if function == "AVG" else total


def _sum(values: Sequence[Any]) -> Any:
    infinite = {value for value in values if value in (float("inf"), float("-inf"))}
    if len(infinite) > 1:
        raise Wrong
    if infinite:
        return infinite.pop()
    total = sum((Fraction(value) for value in values), Fraction(0))
    if isinstance(values[0], int):
        if not -(2**63) <= total < 2**63:
            raise Wrong
        return int(total)
    try:
        return float(total)
    except OverflowError:
        raise Wrong from None


def key_of(row: Row, by: Sequence[str]) -> tuple[Any, ...]:
    return tuple(plain(row[name]) for name in by)


def aggregate(
    rows: Sequence[Row], by: Sequence[str], wanted: dict[str, tuple[str, str | None, int]]
) -> list[Any]:
    """Return the rows of an aggregate, sorted by their keys, missing ones last."""
    keys = {*(key_of(row, by) for row in rows)}
    found = []
    for key in sorted(
        keys, key=lambda key: [(value is None, value or 0 if value is None else value) for value in key]
    ):
        group = [row for row in rows if key_of(row, by) == key]
        found.append((*key, *(value_of(*call[:2], group) for call in wanted.values())))
    return found


def some_keys(chance: random.Random) -> list[str]:
    return list(chance.choice(_KEYS))


def ordered(values: Sequence[Any]) -> list[Any]:
    """Return values in the order in which those of the same time count, missing ones first."""
    return [None] * values.count(None) + sorted(plain(value) for value in values if value is not None)


def window(
    rows: Sequence[Row],
    by: Sequence[str],
    time: str,
    last: int | timedelta | None,
    known_after: timedelta | None,
    wanted: dict[str, tuple[str, str | None, int]],
) -> list[Any]:
    """Return the new values of each row of a window."""
    return [
        tuple(_seen(row, rows, by, time, last, known_after, call) for call in wanted.values()) for row in rows
    ]


def _seen(
    row: Row,
    rows: Sequence[Row],
    by: Sequence[str],
    time: str,
    last: int | timedelta | None,
    known_after: timedelta | None,
    call: tuple[str, str | None, int],
) -> Any:
    function, column, back = call
    key = key_of(row, by)
    earlier: list[Row] = []
    known = known_after or timedelta(0)
    if None not in key and row[time] is not None:
        same = [other for other in rows if key_of(other, by) == key and other[time] is not None]
        before = [other for other in same if other[time] < row[time]]
        earlier = [other for other in before if moment(other[time]) + known <= moment(row[time])]
    if function == "LAG" and column:
        return _last(earlier, time, column, back)
    if isinstance(last, timedelta):
        earlier = [other for other in earlier if moment(other[time]) >= moment(row[time]) - last]
    elif last is not None and earlier:
        first = sorted(other[time] for other in earlier)[-last:][0]
        earlier = [other for other in earlier if other[time] >= first]
    if function == "LAST" and column:
        return _last(earlier, time, column, 1)
    return value_of(function, column, earlier)


def _last(earlier: Sequence[Row], time: str, column: str, back: int) -> Any:
    found: list[Any] = []
    for when in sorted({other[time] for other in earlier}):
        found += ordered([other[column] for other in earlier if other[time] == when])
    return found[-back] if back <= len(found) else None


def moment(value: date) -> datetime:
    return value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)


def asof(
    rows: Sequence[Row],
    others: Sequence[Row],
    by: Sequence[str],
    times: tuple[str, str],
    tolerance: timedelta | None,
    known_after: timedelta | None,
) -> list[Any]:
    """Return the values of the row that each row finds."""
    time, their_time = times
    added = [name for name in SCHEMA if name not in by]
    found = []
    for row in rows:
        best: Row | None = None
        for other in others if row[time] is not None and None not in key_of(row, by) else ():
            if key_of(other, by) != key_of(row, by) or other[their_time] is None:
                continue
            here, there = moment(row[time]), moment(other[their_time])
            matches = there < here and there + (known_after or timedelta(0)) <= here
            if matches and (best is None or there > moment(best[their_time])):
                best = other
        if best and tolerance is not None and moment(best[their_time]) < moment(row[time]) - tolerance:
            best = None
        found.append(tuple(best[name] if best else None for name in added))
    return found


def single(rows: Sequence[Row], names: Sequence[str]) -> list[Row]:
    """Return the rows without those that repeat a key; keys with missing values are never equal."""
    seen: set[tuple[Any, ...]] = set()
    kept = []
    for row in rows:
        key = key_of(row, names)
        if None in key or key not in seen:
            kept.append(row)
        seen.add(key)
    return kept
