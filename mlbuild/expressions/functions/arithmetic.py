"""The typing rules of arithmetic: which operators give a missing value for numbers, and which results are finite.

A result counts as finite if all operands are: types do not predict overflow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import permutations
from math import isfinite

from mlbuild.columns import NUMERIC
from mlbuild.expressions.terms import Term, alike, as_dtype, mismatch, strict
from mlbuild.expressions.tree import NULL, UNTYPED, Node, is_literal, is_null, literal, literal_value

#: More buckets than a model can use, and few enough that their numbers are exact in any computation.
_MOST_BUCKETS = 1_000_000

_INSTEAD = {
    "bool": "convert a bool to a number with CAST(... AS BIGINT)",
    "date": "write d + INTERVAL '1' DAY, or DATE_DIFF('day', start, end)",
    "datetime": "write u + INTERVAL '1' HOUR, or DATE_DIFF('second', start, end)",
    "string": "write s || t, or CONCAT(s, t)",
}

Rule = Callable[[Node, Sequence[Term]], Term]


def _numbers(node: Node, args: Sequence[Term]) -> tuple[str, list[Term]]:
    """int if all operands are ints, otherwise float. Literals next to floats become floats."""
    for arg in args:
        if arg.dtype not in (*NUMERIC, UNTYPED):
            help_ = _INSTEAD.get(arg.dtype) if arg.dtype == "bool" or node.op in ("+", "-") else None
            name = "-" if node.op == "neg" else node.op.upper()
            raise mismatch(f"'{name}' takes numbers, not {arg.words()}", arg, help_)
    dtype, terms = alike(args, "{} {}")
    return ("float", [as_dtype(term, "float") for term in terms]) if dtype == UNTYPED else (dtype, terms)


def _arithmetic(node: Node, args: Sequence[Term]) -> Term:
    if node.op == "-" and any(arg.dtype == "date" for arg in args):
        args = _days(args)
    dtype, args = _numbers(node, args)
    return strict(node.op, args, dtype, _undefined(node.op, args))


def _undefined(op: str, args: Sequence[Term]) -> bool:
    """Whether `+`, `-` or `*` has no result for some numbers: it adds opposite infinities, or multiplies 0 by one."""
    if op == "*":
        return any(not x.finite and _can_be_zero(y) for x, y in permutations(args))
    return len(args) == 2 and not any(arg.finite for arg in args)


def _can_be_zero(x: Term) -> bool:
    return not is_literal(x.tree) or literal_value(x.tree) == 0


def _days(args: Sequence[Term]) -> list[Term]:
    """Convert two dates to days, for their difference."""
    dtype, dates = alike(args, "'-' takes numbers or two dates, not {} and {}")
    if dtype != "date":
        help_ = "write DATE_DIFF('second', start, end)"
        raise mismatch("the difference of two datetimes is not supported", dates[0], help_)
    return [strict("days", [date], "int") for date in dates]


def _divide(node: Node, args: Sequence[Term]) -> Term:
    """Type a division. Division by a literal becomes multiplication, as in polars and scikit-learn's scalers."""
    _, (a, b) = _numbers(node, args)
    if not is_literal(b.tree) or is_literal(a.tree) or is_null(b.tree):
        return strict("/", [a, b], "float", True)
    divisor = literal_value(b.tree)
    if divisor == 0:
        return Term((NULL, "float"), "float", True)
    if not isfinite(1 / divisor):
        return strict("/", [a, b], "float")
    factor = Term(literal("float", 1 / divisor), "float", False, b.offset)
    return strict("*", [a, factor], "float", _undefined("*", [a, factor]))


def _remainder(node: Node, args: Sequence[Term]) -> Term:
    dtype, args = _numbers(node, args)
    divisor = literal_value(args[1].tree) if is_literal(args[1].tree) else 0
    return strict("%", args, dtype, not divisor or not args[0].finite)


def _integral(node: Node, args: Sequence[Term]) -> Term:
    """FLOOR and CEIL: integers stay unchanged."""
    dtype, args = _numbers(node, args)
    return args[0] if dtype == "int" else strict(node.op, args, dtype)


def _round(node: Node, args: Sequence[Term]) -> Term:
    dtype, args = _numbers(node, args)
    digits = node.extra[0]
    return args[0] if dtype == "int" and digits >= 0 else strict("round", args, dtype, False, digits)


def _sign(node: Node, args: Sequence[Term]) -> Term:
    return strict("sign", _numbers(node, args)[1], "int")


def _width_bucket(node: Node, args: Sequence[Term]) -> Term:
    """Type WIDTH_BUCKET(x, low, high, count). If `low` is above `high`, the buckets are those of -x."""
    for arg in args[1:]:
        if not is_literal(arg.tree) or is_null(arg.tree):
            raise mismatch("the bounds and the count of WIDTH_BUCKET must be literals", arg)
    _, (x, *others) = _numbers(node, args)
    low, high, count = (literal_value(other.tree) for other in others)
    if not 1 <= count <= _MOST_BUCKETS or count % 1:
        message = f"the count of WIDTH_BUCKET must be an integer from 1 to {_MOST_BUCKETS:,}"
        raise mismatch(message, args[3])
    if low == high or not isfinite(low - high):
        raise mismatch("the bounds of WIDTH_BUCKET must be two different numbers", args[2])
    if low > high:
        x, low, high = strict("neg", [x], x.dtype), -low, -high
    floats = [Term(literal("float", value), "float", False) for value in (low, high, count)]
    return strict("width_bucket", [as_dtype(x, "float"), *floats], "int")


def _real(node: Node, args: Sequence[Term], partial_: bool) -> Term:
    """Type a float function; `partial_` if it is undefined for some numbers."""
    _, args = _numbers(node, args)
    return strict(node.op, [as_dtype(arg, "float") for arg in args], "float", partial_)


def _wave(node: Node, args: Sequence[Term]) -> Term:
    """SIN and COS, which have no value for an infinite angle; types do not predict one that is too large."""
    return _real(node, args, not args[0].finite)


def _power(node: Node, args: Sequence[Term]) -> Term:
    exponent = literal_value(args[1].tree) if args[1].dtype in NUMERIC and is_literal(args[1].tree) else None
    always = exponent is not None and exponent >= 0 and exponent % 1 == 0
    return _real(node, args, not always)


ARITHMETIC: Mapping[str, Rule] = {
    "+": _arithmetic,
    "-": _arithmetic,
    "*": _arithmetic,
    "/": _divide,
    "%": _remainder,
    "neg": _arithmetic,
    "abs": _arithmetic,
    "days": lambda node, args: strict("days", args, "int"),
    "floor": _integral,
    "ceil": _integral,
    "trunc": _integral,
    "sign": _sign,
    "width_bucket": _width_bucket,
    "round": _round,
    "sqrt": partial(_real, partial_=True),
    "ln": partial(_real, partial_=True),
    "log10": partial(_real, partial_=True),
    "log2": partial(_real, partial_=True),
    "exp": partial(_real, partial_=False),
    "sin": _wave,
    "cos": _wave,
    "power": _power,
}
