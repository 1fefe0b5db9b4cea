"""SIN and COS from additions and multiplications only, so that all runtimes give the same bits.

onnxruntime's own operators are wrong by 5e-16 near the zeros of a function, whatever its value there.
"""

from __future__ import annotations

from math import pi
from typing import Any, TypeVar

from mlbuild.expressions.operands import NumberOperand
from mlbuild.expressions.tree import Tree

T = TypeVar("T")

#: Larger angles have no value: a double next to one is too far from it.
LARGEST = 2.0**33
#: The parts of pi / 2 (Cody and Waite, "Software Manual for the Elementary Functions"). Of the first four, products with
#: the number of quarter turns are exact, because they have 20 bits.
_QUARTER = (
    1.5707950592041016,
    1.2675900507019833e-06,
    7.443542310303641e-13,
    5.170176613476942e-19,
    6.36831716351095e-25,
)
#: The polynomials of fdlibm's `k_sin.c` and `k_cos.c` (Sun Microsystems), the highest power first.
_SIN = (
    1.58969099521155010221e-10,
    -2.50507602534068634195e-08,
    2.75573137070700676789e-06,
    -1.98412698298579493134e-04,
    8.33333333332248946124e-03,
    -1.66666666666666324348e-01,
)
_COS = (
    -1.13596475577881948265e-11,
    2.08757232129817482790e-09,
    -2.75573143513906633035e-07,
    2.48015872894767294178e-05,
    -1.38888888888741095749e-03,
    4.16666666666666019037e-02,
)


def wave(tree: Tree, x: NumberOperand[T]) -> NumberOperand[T]:
    """Compute SIN or COS of an angle in radians, to within about one unit in the last place. It is missing beyond
    `LARGEST`.
    """
    on = x.on
    inside = on.call("LessOrEqual", x.apply("Abs").tensor, on.constant(LARGEST))
    turns = _times(x, 2 / pi).apply("Round")
    rest = x
    for part in _QUARTER:
        rest = rest.apply("Sub", _times(turns, part))
    square = rest.apply("Mul", rest)
    sine = _polynomial(square, _SIN).apply("Mul", square).apply("Mul", rest).apply("Add", rest)
    cosine = _polynomial(square, _COS).apply("Mul", square).apply("Mul", square)
    cosine = cosine.apply("Sub", _times(square, 0.5))
    cosine = _plus(cosine, 1.0)
    if tree[0] == "cos":
        turns = _plus(turns, 1.0)
    quadrant = turns.apply("Sub", _times(_times(turns, 0.25).apply("Floor"), 4.0))
    odd = on.call("Or", *(on.call("Equal", quadrant.tensor, on.constant(number)) for number in (1.0, 3.0)))
    value = cosine.choose(odd, sine)
    turned = value.apply("Neg").choose(on.call("Less", on.constant(1.0), quadrant.tensor), value)
    return turned.unless(on.call("Not", inside))


def _polynomial(z: NumberOperand[T], coefficients: tuple[float, ...]) -> NumberOperand[T]:
    first, *others = coefficients
    value = _plus(_times(z, first), others[0])
    for coefficient in others[1:]:
        value = _plus(value.apply("Mul", z), coefficient)
    return value


def _times(x: NumberOperand[T], factor: float) -> NumberOperand[T]:
    return x.apply("Mul", NumberOperand(x.on, x.on.constant(factor)))


def _plus(x: NumberOperand[T], term: float) -> NumberOperand[Any]:
    return x.apply("Add", NumberOperand(x.on, x.on.constant(term)))
