"""Defines what the functions of numbers compute, once for graphs, rows and literals."""

from __future__ import annotations

from collections.abc import Mapping
from math import log
from typing import Any, TypeVar

from mlbuild.expressions.functions.waves import wave
from mlbuild.expressions.operands import NAN, NumberOperand
from mlbuild.expressions.tree import Tree, is_literal, literal_value
from mlbuild.lowering.operators import ML

T = TypeVar("T")

#: Float64 numbers above this bound have no fractional part.
_NO_FRACTION = 2.0**52
#: The largest exponents for which the logarithm of a power of the base is exact.
_EXACT_POWERS = {10: 22, 2: 64}


def constant(like: NumberOperand[T], value: float) -> NumberOperand[T]:
    """Return a number in the algebra of `like`."""
    return NumberOperand(like.on, like.on.constant(value))


def truncated(x: NumberOperand[T]) -> NumberOperand[T]:
    """Remove the fraction."""
    negative = x.on.call("Less", x.tensor, x.on.constant(0.0))
    return x.apply("Ceil").choose(negative, x.apply("Floor"))


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
    return x.apply("Log").choose(positive, constant(x, NAN))


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
    scale = constant(x, 10.0 ** abs(digits))
    if digits < 0:
        return x.apply("Div", scale).apply("Round").apply("Mul", scale)
    rounded = x.apply("Mul", scale).apply("Round").apply("Div", scale)
    large = x.on.call("Less", x.on.constant(_NO_FRACTION), x.apply("Abs").tensor)
    return x.choose(large, rounded)


def _logarithm(tree: Tree, x: NumberOperand[T]) -> NumberOperand[T]:
    """Compute LOG10 or LOG2 as LN(x) / LN(base), and of a power of the base without error."""
    import numpy as np

    base = int(tree[0].removeprefix("log"))
    most = _EXACT_POWERS[base]
    exponents = range(-most, most + 1)
    quotient = _ln(tree, x).apply("Div", constant(x, log(base)))
    # The text is read as the number nearest to the power, as in a spec.
    powers = [float(f"1e{k}") if base == 10 else 2.0**k for k in exponents]
    exact = x.on.call(
        "LabelEncoder",
        x.tensor,
        element="double",
        domain=ML,
        keys_tensor=np.array(powers),
        values_tensor=np.array(exponents, dtype="float64"),
        default_tensor=np.full(1, NAN),
    )
    return quotient.choose(x.on.call("IsNaN", exact), NumberOperand(x.on, exact))


def _sign(tree: Tree, x: NumberOperand[T]) -> NumberOperand[T]:
    """Return 1, 0 or -1."""
    call, zero = x.on.call, x.on.constant(0.0)
    rest = constant(x, -1.0).choose(call("Less", x.tensor, zero), x)
    return constant(x, 1.0).choose(call("Less", zero, x.tensor), rest)


def _width_bucket(
    tree: Tree, x: NumberOperand[T], low: NumberOperand[T], high: NumberOperand[T], count: NumberOperand[T]
) -> NumberOperand[T]:
    """Return the number of one of `count` buckets of equal width, as PostgreSQL computes it: below `low` 0, from
    `high` on `count` + 1.
    """
    call, one = x.on.call, constant(x, 1.0)
    width = high.apply("Sub", low)
    number = x.apply("Sub", low).apply("Div", width).apply("Mul", count).apply("Floor").apply("Add", one)
    # A quotient just below 1 can be rounded up.
    inside = NumberOperand(x.on, call("Clip", number.tensor, one.tensor, count.tensor))
    above = count.apply("Add", one).choose(call("LessOrEqual", high.tensor, x.tensor), inside)
    return constant(x, 0.0).choose(call("Less", x.tensor, low.tensor), above)


NUMBERS: Mapping[str, Any] = {
    "/": _divide,
    "%": _remainder,
    "ln": _ln,
    "log10": _logarithm,
    "log2": _logarithm,
    "power": _power,
    "round": _round,
    "trunc": lambda tree, x: truncated(x),
    "sign": _sign,
    "width_bucket": _width_bucket,
    "sin": wave,
    "cos": wave,
}
