"""The operations that an expression is computed with: ONNX operators, run in a graph, on rows or on single values.

The meaning of an expression is written once, in terms of this interface. `lowering.graph.Graph` emits the
operators, `rows.Arrays` runs them on whole columns, and `constants.Scalars` on literals.
"""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Algebra(Protocol[T]):
    def constant(self, value: Any, element: str = "double") -> T:
        """Create a constant; `element` is `double`, `int64`, `string` or `bool`."""

    def call(self, op: str, *inputs: T, element: str | None = None, domain: str = "", **attributes: Any) -> T:
        """Run one ONNX operator with one output."""
