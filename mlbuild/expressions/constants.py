"""Computes parts of an expression that read no column, in plain Python: `check` needs neither numpy nor polars."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable
from typing import Any

from mlbuild.expressions.meaning import evaluate
from mlbuild.expressions.tree import Tree, literal
from mlbuild.lowering.patterns import is_search
from mlbuild.lowering.value import NAT


def fold(tree: Tree, dtype: str) -> Tree:
    """Compute the literal that a tree of literals is equal to."""
    value, absent = evaluate(tree, Scalars(), {}).parts()
    if absent or (dtype in ("date", "datetime") and value == NAT):
        value = None
    if dtype == "bool" and value == value:
        value = bool(value)
    return literal(dtype, value)


class Scalars:
    """ONNX operators on single Python values."""

    def constant(self, value: Any, element: str = "double") -> Any:
        return value

    def call(
        self, op: str, *inputs: Any, element: str | None = None, domain: str = "", **attributes: Any
    ) -> Any:
        if op == "RegexFullMatch":
            return re.fullmatch(_for_python(attributes["pattern"]), inputs[0]) is not None
        if op == "LabelEncoder":
            keys, values = (attributes[name].tolist() for name in ("keys_tensor", "values_tensor"))
            return dict(zip(keys, values, strict=True)).get(inputs[0], attributes["default_tensor"].item())
        if op == "Cast":
            return float(inputs[0])
        return _OPERATORS[op](*inputs)


def _for_python(pattern: str) -> str:
    """Rewrite a pattern so that Python gives the result of other engines, and those of LIKE in linear time, as they do.

    In Python, `$` also matches before the last line break. In a pattern of LIKE, `.*` always means any text. For each
    part, the first match is as good as any other, so there is no need to backtrack.
    """
    if is_search(pattern):
        return re.sub(r"(\\.)|\$(?![^\[]*\])", lambda found: found[1] or r"\Z", pattern, flags=re.DOTALL)
    first, *others = pattern.split(".*")
    if not others:
        return pattern
    return first + "".join(f"(?>.*?{part})" for part in others[:-1]) + ".*" + others[-1]


def _whole(function: Callable[[float], int]) -> Callable[[float], float]:
    """Wrap a rounding function of Python so that it follows IEEE: it keeps infinities, NaN and the sign of zero."""
    return lambda x: math.copysign(float(function(x)), x) if math.isfinite(x) else x


def _guarded(function: Callable[..., float]) -> Callable[..., float]:
    """Wrap a function of Python so that it returns what C returns instead of raising."""

    def guarded(*inputs: float) -> float:
        try:
            return function(*inputs)
        except ValueError:
            return math.nan
        except OverflowError:
            return math.inf

    return guarded


def _power(a: float, b: float) -> float:
    """C's pow: on overflow, the infinity has the sign of the result."""
    if a == 0 and b < 0:
        return math.inf
    try:
        return math.pow(a, b)
    except ValueError:
        return math.nan
    except OverflowError:
        return -math.inf if a < 0 and b % 2 == 1 else math.inf


def _divide(a: Any, b: Any) -> Any:
    if isinstance(a, int):
        return a // b
    return a / b if b else math.nan


_OPERATORS: dict[str, Callable[..., Any]] = {
    "Add": operator.add,
    "Sub": operator.sub,
    "Mul": operator.mul,
    "Div": _divide,
    "Mod": lambda a, b: a % b if isinstance(a, int) else _guarded(math.fmod)(a, b),
    "Pow": _power,
    "Neg": operator.neg,
    "Abs": abs,
    "Floor": _whole(math.floor),
    "Ceil": _whole(math.ceil),
    "Round": _whole(round),
    "Sqrt": _guarded(math.sqrt),
    "Exp": _guarded(math.exp),
    "Log": _guarded(math.log),
    "StringConcat": operator.add,
    "IsNaN": lambda x: x != x,
    "Less": operator.lt,
    "LessOrEqual": operator.le,
    "Equal": operator.eq,
    "And": lambda a, b: a and b,
    "Or": lambda a, b: a or b,
    "Not": operator.not_,
    "Where": lambda condition, yes, no: yes if condition else no,
    "Clip": lambda x, low, high: low if x < low else high if x > high else x,
}
