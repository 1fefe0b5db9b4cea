"""The typing rules of the functions of dates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mlbuild.columns import TEMPORAL
from mlbuild.expressions.dates.units import CLOCK_PARTS, EPOCH
from mlbuild.expressions.functions.arithmetic import Rule
from mlbuild.expressions.terms import Term, alike, as_dtype, mismatch, moment_literal, strict
from mlbuild.expressions.tree import UNTYPED, Node, is_literal


def _temporal(term: Term, name: str) -> Term:
    """Return an operand that must be a date or datetime. A text literal is an ISO date."""
    if term.dtype == "string" and is_literal(term.tree):
        return moment_literal(term)
    if term.dtype not in (*TEMPORAL, UNTYPED):
        help_ = "declare the column with the dtype 'date' in its contract" if term.dtype == "string" else None
        raise mismatch(f"{name} takes a date, not {term.words()}", term, help_)
    return as_dtype(term, "datetime") if term.dtype == UNTYPED else term


def _no_clock(term: Term, unit: str) -> None:
    if term.dtype == "date" and unit in CLOCK_PARTS:
        raise mismatch(f"{term.words()} has no {unit}", term, "use a datetime, or a unit from 'day' up")


def _part(node: Node, args: Sequence[Term]) -> Term:
    (unit,) = node.extra
    x = _temporal(args[0], "EXTRACT")
    _no_clock(x, unit)
    return strict("part", [x], "float" if unit == EPOCH else "int", False, unit)


def _difference(node: Node, args: Sequence[Term]) -> Term:
    start, end = (_temporal(arg, "DATE_DIFF") for arg in args)
    _, terms = alike([start, end], "DATE_DIFF takes two dates, not {} and {}")
    return strict("date_diff", terms, "int", False, node.extra[0])


def _truncated(node: Node, args: Sequence[Term]) -> Term:
    (unit,) = node.extra
    x = _temporal(args[0], "DATE_TRUNC")
    _no_clock(x, unit)
    return x if (x.dtype, unit) == ("date", "day") else strict("date_trunc", [x], x.dtype, False, unit)


def _plus(node: Node, args: Sequence[Term]) -> Term:
    """Add an interval. A date stays a date if it is moved by whole days."""
    x = _temporal(args[0], "an INTERVAL")
    if node.op == "plus_seconds" and node.extra[0] % 86_400:
        x = as_dtype(x, "datetime")
    return strict(node.op, [x], x.dtype, False, *node.extra) if node.extra[0] else x


def _last_day(node: Node, args: Sequence[Term]) -> Term:
    return strict("last_day", [_temporal(args[0], "LAST_DAY")], "date")


DATES: Mapping[str, Rule] = {
    "part": _part,
    "date_diff": _difference,
    "date_trunc": _truncated,
    "plus_months": _plus,
    "plus_seconds": _plus,
    "last_day": _last_day,
}
