"""Shared by ops that limit numbers, or whose parameters are the ends of a range."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from mlbuild.diagnostics import Problem
from mlbuild.lowering.graph import Graph, Tensor


def limited(graph: Graph, tensor: Tensor, low: float = -math.inf, high: float = math.inf) -> Tensor:
    """Limit doubles to the range from `low` to `high`; NaN stays NaN.

    Both ends are written, even if they are infinite: without one, onnxruntime makes an infinite value the largest
    finite double.
    """
    return graph.call("Clip", tensor, graph.constant(low), graph.constant(high))


def range_problems(key: str, ends: Sequence[float]) -> Iterator[Problem]:
    """Report a list that is not the lower and the upper end of a range."""
    if len(ends) != 2 or ends[0] >= ends[1]:
        given = ", ".join(f"{end:g}" for end in ends)
        message = f"'{key}' must be two numbers, the lower one first, not [{given}]"
        yield Problem("not-allowed", message, (key,))
