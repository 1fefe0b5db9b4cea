"""What an expression computes with: ONNX's operators, run by a graph, by rows or by single values.

The meaning of an expression is written once, in terms of this interface. `lowering.graph.Graph` emits the
operators, `rows.Arrays` runs them on whole columns, `constants.Scalars` on literals.
"""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Algebra(Protocol[T]):
    def constant(self, value: Any, element: str = "double") -> T:
        """A single value; `element` is `double`, `int64`, `string` or `bool`."""

    def call(self, op: str, *inputs: T, element: str | None = None, domain: str = "", **attributes: Any) -> T:
        """One ONNX operator with one output."""
