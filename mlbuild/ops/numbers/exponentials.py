"""Logarithms and powers close to 1 in the graph, which has no operators for them."""

from __future__ import annotations

from mlbuild.lowering.graph import Graph, Tensor

#: The relative tolerance of logarithms and powers, which differ in their last bits.
ROUNDING = 1e-12


def log1p(graph: Graph, x: Tensor) -> Tensor:
    """Compute log(1 + x) without the loss of digits for small x.

    The factor x / ((1 + x) - 1) corrects the rounding of 1 + x: Goldberg, "What Every Computer Scientist Should Know
    About Floating-Point Arithmetic" (1991), theorem 4.
    """
    one = graph.constant(1.0)
    sum_ = graph.call("Add", one, x)
    log = graph.call("Log", sum_)
    corrected = graph.call("Mul", log, graph.call("Div", x, graph.call("Sub", sum_, one)))
    found = graph.call("Where", graph.call("Equal", sum_, one), x, corrected)
    return graph.call("Where", graph.call("IsInf", sum_), log, found)


def power_minus_1(graph: Graph, base: Tensor, log: Tensor, exponent: Tensor) -> Tensor:
    """Compute base ** exponent - 1 without the loss of digits if the power is close to 1.

    `log` is the logarithm of the base. The correction is that of Kahan (Higham, "Accuracy and Stability of Numerical
    Algorithms", 2002, section 1.14.1): for u = exp(y), the rounded u - 1 is multiplied by y / log(u).
    """
    one = graph.constant(1.0)
    y = graph.call("Mul", log, exponent)
    u = graph.call("Exp", y)
    difference = graph.call("Sub", u, one)
    small = graph.call("Mul", difference, graph.call("Div", y, graph.call("Log", u)))
    small = graph.call("Where", graph.call("Equal", u, one), y, small)
    large = graph.call("Sub", graph.call("Pow", base, exponent), one)
    return graph.call("Where", graph.call("Less", graph.call("Abs", y), one), small, large)
