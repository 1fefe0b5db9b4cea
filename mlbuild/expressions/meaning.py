"""Defines what each operator of a tree computes, once for graphs, rows and literals."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import Any, TypeVar, cast

from mlbuild.expressions.dates.meaning import DATES, as_date
from mlbuild.expressions.functions.numbers import NUMBERS, constant, truncated
from mlbuild.expressions.operands import (
    NAN,
    Algebra,
    MomentOperand,
    NumberOperand,
    Operand,
    TruthOperand,
    hold_literal,
)
from mlbuild.expressions.texts.meaning import TEXTS
from mlbuild.expressions.tree import COLUMN, NULL, Tree, is_literal, literal_value

T = TypeVar("T")

_ARITHMETIC = {
    "+": "Add",
    "-": "Sub",
    "*": "Mul",
    "neg": "Neg",
    "abs": "Abs",
    "floor": "Floor",
    "ceil": "Ceil",
    "sqrt": "Sqrt",
    "exp": "Exp",
}
_ORDER = {"<": "Less", "<=": "LessOrEqual"}


def result(tree: Tree, dtype: str, on: Algebra[T], columns: Mapping[str, Operand[T]]) -> Operand[T]:
    """Compute the whole expression. An int that does not fit into 64 bits is missing."""
    value = evaluate(tree, on, columns)
    if dtype == "int" and tree[0] not in (COLUMN, "cast"):
        return _within_int64(cast(NumberOperand[T], value))
    return value


def evaluate(tree: Tree, on: Algebra[T], columns: Mapping[str, Operand[T]]) -> Operand[T]:
    """Compute a tree over `columns`."""
    op = tree[0]
    if op == COLUMN:
        return columns[tree[1]]
    if is_literal(tree):
        return hold_literal(on, tree[1] if op == NULL else op, literal_value(tree))
    values: list[Any] = []
    for part in tree[1:]:
        if isinstance(part, tuple):
            values.append(evaluate(part, on, columns))
    if op in _ARITHMETIC:
        return cast(NumberOperand[T], values[0].apply(_ARITHMETIC[op], *values[1:]))
    if op in _ORDER:
        return cast(TruthOperand[T], values[0].before(values[1], _ORDER[op]))
    return cast("Operand[T]", _OTHERS[op](tree, *values))


def _least(tree: Tree, *items: Any) -> Any:
    """Return the smallest operand, ignoring missing ones."""
    return reduce(lambda a, b: _first(a, b, a.before(b, "LessOrEqual")), items)


def _greatest(tree: Tree, *items: Any) -> Any:
    return reduce(lambda a, b: _first(a, b, b.before(a, "LessOrEqual")), items)


def _first(a: Any, b: Any, wins: TruthOperand[T]) -> Any:
    return a.choose(wins.on.call("Or", wins.yes, b.missing()), b)


def _case(tree: Tree, *parts: Any) -> Any:
    value = parts[-1]
    for index in range(len(parts) - 3, -1, -2):
        value = parts[index + 1].choose(parts[index].yes, value)
    return value


def _coalesce(tree: Tree, *items: Any) -> Any:
    return reduce(lambda rest, item: rest.choose(item.missing(), item), reversed(items))


def _is_null(tree: Tree, x: Any) -> TruthOperand[T]:
    missing = x.missing()
    return TruthOperand(x.on, missing, x.on.call("Not", missing))


def _among(tree: Tree, x: Any, *items: Any) -> Any:
    return x.among([literal_value(part) for part in tree[2:]])


def _cast(tree: Tree, x: Operand[T]) -> Operand[T]:
    """Convert numbers and bools to each other. A date is already a datetime at midnight."""
    if isinstance(x, TruthOperand):
        return x.number()
    if not isinstance(x, NumberOperand):
        return as_date(x) if isinstance(x, MomentOperand) and tree[2] == "date" else x
    if tree[2] == "bool":
        other = x.equals(constant(x, 0.0))
        return other.negated()
    return _within_int64(truncated(x)) if tree[2] == "int" else x


def _within_int64(x: NumberOperand[T]) -> NumberOperand[T]:
    """Make values missing whose magnitude is 2^63 or more, including infinities."""
    fits = x.on.call("Less", x.apply("Abs").tensor, x.on.constant(2.0**63))
    return x.choose(fits, constant(x, NAN))


_OTHERS: Mapping[str, Any] = {
    **NUMBERS,
    **DATES,
    **TEXTS,
    "least": _least,
    "greatest": _greatest,
    "days": lambda tree, x: cast(MomentOperand[Any], x).days(),
    "=": lambda tree, a, b: a.equals(b),
    "and": lambda tree, *items: reduce(lambda a, b: a.both(b), items),
    "or": lambda tree, *items: reduce(lambda a, b: a.either(b), items),
    "not": lambda tree, x: x.negated(),
    "is_null": _is_null,
    "is_true": lambda tree, x: x.is_true(),
    "case": _case,
    "coalesce": _coalesce,
    "in": _among,
    "cast": _cast,
}
