"""Defines what each operator of a tree computes, once for graphs, rows and literals."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import Any, TypeVar, cast

from mlbuild.expressions.operands import (
    NAN,
    Algebra,
    MomentOperand,
    NumberOperand,
    Operand,
    TextOperand,
    TruthOperand,
    hold_literal,
)
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
#: Float64 numbers above this bound have no fractional part.
_NO_FRACTION = 2.0**52


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


def _divide(tree: Tree, a: NumberOperand[T], b: NumberOperand[T]) -> NumberOperand[T]:
    """Divide. x / 0 is missing, so the sign of a zero never matters."""
    zero = b.on.call("Equal", b.tensor, b.on.constant(0.0))
    return a.apply("Div", b.unless(zero))


def _remainder(tree: Tree, a: NumberOperand[T], b: NumberOperand[T]) -> NumberOperand[T]:
    """Compute a - b * trunc(a / b) without rounding.

    This is C's fmod: it has the sign of `a`, and is missing for b = 0.
    """
    return a.apply("Mod", b, fmod=1)


def _ln(tree: Tree, x: NumberOperand[T]) -> NumberOperand[T]:
    """Compute the natural logarithm. It is missing for x <= 0."""
    positive = x.on.call("Less", x.on.constant(0.0), x.tensor)
    return x.apply("Log").choose(positive, _constant(x, NAN))


def _power(tree: Tree, a: NumberOperand[T], b: NumberOperand[T]) -> NumberOperand[T]:
    """Compute a power. It is missing for zero to a negative power, and for a negative number to a fractional power.

    The explicit tests are necessary because libraries differ: C's pow returns numbers for (-inf)^0.5, NaN^0 and
    1^NaN.
    """
    call, zero = a.on.call, a.on.constant(0.0)
    power = a.apply("Pow", b)
    if is_literal(tree[2]) and (exponent := literal_value(tree[2])) != 0:
        if exponent % 1:
            return power.unless(call("LessOrEqual" if exponent < 0 else "Less", a.tensor, zero))
        return power.unless(call("Equal", a.tensor, zero)) if exponent < 0 else power
    pole = call("And", call("Equal", a.tensor, zero), call("Less", b.tensor, zero))
    root = call("And", call("Less", a.tensor, zero), call("Less", b.apply("Floor").tensor, b.tensor))
    missing = call("Or", a.missing(), b.missing())
    return power.unless(call("Or", missing, call("Or", pole, root)))


def _round(tree: Tree, x: NumberOperand[T]) -> NumberOperand[T]:
    """Round to `digits` decimals, half to even."""
    digits = tree[2]
    if digits == 0:
        return x.apply("Round")
    scale = _constant(x, 10.0 ** abs(digits))
    if digits < 0:
        return x.apply("Div", scale).apply("Round").apply("Mul", scale)
    rounded = x.apply("Mul", scale).apply("Round").apply("Div", scale)
    large = x.on.call("Less", x.on.constant(_NO_FRACTION), x.apply("Abs").tensor)
    return x.choose(large, rounded)


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


def _like(tree: Tree, x: TextOperand[T]) -> TruthOperand[T]:
    return x.matches(like_regex(tree[2]))


def like_regex(pattern: str) -> str:
    """Convert a LIKE pattern to a regular expression that means the same in RE2, Rust's regex and Python."""
    wild = {"%": ".*", "_": "."}
    special = set(r"\.+*?()|[]{}^$")
    return "(?s)" + "".join(wild.get(char, "\\" + char if char in special else char) for char in pattern)


def _cast(tree: Tree, x: Operand[T]) -> Operand[T]:
    """Convert numbers and bools to each other. A date is already a datetime at midnight."""
    if isinstance(x, TruthOperand):
        return x.number()
    if not isinstance(x, NumberOperand):
        return x
    if tree[2] == "bool":
        other = x.equals(_constant(x, 0.0))
        return other.negated()
    return _within_int64(_truncated(x)) if tree[2] == "int" else x


def _truncated(x: NumberOperand[T]) -> NumberOperand[T]:
    negative = x.on.call("Less", x.tensor, x.on.constant(0.0))
    return x.apply("Ceil").choose(negative, x.apply("Floor"))


def _within_int64(x: NumberOperand[T]) -> NumberOperand[T]:
    """Make values missing whose magnitude is 2^63 or more, including infinities."""
    fits = x.on.call("Less", x.apply("Abs").tensor, x.on.constant(2.0**63))
    return x.choose(fits, _constant(x, NAN))


def _constant(like: NumberOperand[T], value: float) -> NumberOperand[T]:
    return NumberOperand(like.on, like.on.constant(value))


_OTHERS: Mapping[str, Any] = {
    "/": _divide,
    "%": _remainder,
    "ln": _ln,
    "power": _power,
    "round": _round,
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
    "like": _like,
    "cast": _cast,
}
