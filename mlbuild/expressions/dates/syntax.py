"""Converts the functions of dates from sqlglot's tree to nodes."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from mlbuild.expressions.dates.calendar import LIMIT, SECOND
from mlbuild.expressions.dates.units import LENGTHS, MONTHS, PARTS, UNITS
from mlbuild.expressions.functions.converter import Converter
from mlbuild.expressions.refusals import place, unsupported
from mlbuild.expressions.tree import Node
from mlbuild.hints import did_you_mean

if TYPE_CHECKING:
    from sqlglot.expressions import Expr as Sql


_ALONE = "an INTERVAL can only be added to a date, or subtracted from one"
#: The largest number of months and of seconds that an interval can have.
_MOST = {"plus_months": 12 * 98_000, "plus_seconds": LIMIT // SECOND}


def extract(converter: Converter, sql: Sql) -> Node:
    """EXTRACT(part FROM x), DATE_PART('part', x)."""
    part = sql.this.name.casefold()
    if part not in PARTS:
        message = f"EXTRACT has no part {sql.this.name.upper()}"
        return converter.refuse(sql, unsupported(message, place(sql, converter.text), _near(part, PARTS)))
    return converter.made(sql, "part", [converter.read(sql.expression)], part)


def part_named(part: str) -> Callable[[Converter, Sql], Node]:
    """YEAR(x), MONTH(x), ..."""

    def named(converter: Converter, sql: Sql) -> Node:
        return converter.made(sql, "part", [converter.read(sql.this)], part)

    return named


def difference(converter: Converter, sql: Sql) -> Node:
    """DATE_DIFF('unit', start, end)."""
    if "unit" not in sql.args:
        message = "DATE_DIFF takes a unit and two dates"
        help_ = "write DATE_DIFF('day', start, end)"
        return converter.refuse(sql, unsupported(message, place(sql, converter.text), help_))
    args = [converter.read(sql.expression), converter.read(sql.this)]
    return _with_unit(converter, sql, "date_diff", args)


def truncated(converter: Converter, sql: Sql) -> Node:
    """DATE_TRUNC('unit', x)."""
    return _with_unit(converter, sql, "date_trunc", [converter.read(sql.this)])


def _with_unit(converter: Converter, sql: Sql, op: str, args: Sequence[Node]) -> Node:
    written = sql.args["unit"].name
    unit = _unit(written)
    if unit not in UNITS:
        message = f"{op.upper()} has no unit '{written}'"
        return converter.refuse(sql, unsupported(message, place(sql, converter.text), _near(unit, UNITS)))
    return converter.made(sql, op, args, unit)


def moved(converter: Converter, sql: Sql) -> Node | None:
    """Convert the sum or difference of a date and an interval; None if there is no interval."""
    subtracts = type(sql).__name__ == "Sub"
    sides = [sql.this, sql.expression]
    intervals = [side for side in sides if type(side).__name__ == "Interval"]
    if not intervals:
        return None
    if len(intervals) > 1 or (subtracts and intervals[0] is sql.this):
        return converter.refuse(sql, unsupported(_ALONE, place(sql, converter.text)))
    (interval,) = intervals
    dated = sql.this if interval is sql.expression else sql.expression
    found = _interval(converter, interval)
    if isinstance(found, Node):
        return found
    op, amount = found
    return converter.made(sql, op, [converter.read(dated)], -amount if subtracts else amount)


def alone(converter: Converter, sql: Sql) -> Node:
    return converter.refuse(
        sql, unsupported(_ALONE, place(sql, converter.text), "write d + INTERVAL '1' DAY")
    )


def _interval(converter: Converter, sql: Sql) -> tuple[str, int] | Node:
    """Return the operator that an interval stands for, and by how much it moves a date."""
    amount, unit = sql.this, _unit(sql.args["unit"].name if sql.args.get("unit") else "")
    negative = type(amount).__name__ == "Neg"
    amount = amount.this if negative else amount
    written = amount.this if type(amount).__name__ == "Literal" else ""
    if not re.fullmatch(r"[+-]?[0-9]{1,15}", written) or unit not in UNITS:
        message = "an INTERVAL is a whole number of one unit"
        help_ = f"write INTERVAL '1' DAY, with one of {', '.join(UNITS).upper()}; add several of them up"
        return converter.refuse(sql, unsupported(message, place(sql, converter.text), help_))
    number = -int(written) if negative else int(written)
    op, length = (
        ("plus_months", MONTHS[unit]) if unit in MONTHS else ("plus_seconds", LENGTHS[unit] // SECOND)
    )
    if abs(number * length) > _MOST[op]:
        message = "an INTERVAL of more than 98,000 years is beyond all dates"
        return converter.refuse(sql, unsupported(message, place(sql, converter.text)))
    return op, number * length


def _unit(written: str) -> str:
    """Return the name of a unit in the singular: `days`, `DAY`."""
    word = written.casefold()
    return word.removesuffix("s") if word.removesuffix("s") in UNITS else word


def _near(word: str, words: Sequence[str]) -> str:
    return did_you_mean(word, words) or f"write one of {', '.join(words)}"
