"""What converts sqlglot's tree, as the functions of dates and of strings see it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from mlbuild.diagnostics import Problem
from mlbuild.expressions.tree import Node

if TYPE_CHECKING:
    from sqlglot.expressions import Expr as Sql


class Converter(Protocol):
    """Converts the parts of one text to nodes, and collects what is rejected."""

    text: str

    def read(self, sql: Sql) -> Node:
        """Convert a part."""

    def made(self, sql: Sql, op: str, args: Sequence[Node], *extra: Any) -> Node:
        """Return a node for `sql`, with the range of its tokens."""

    def refuse(self, sql: Sql, problem: Problem | None = None) -> Node:
        """Note a problem with `sql`, and return a node about which nothing else is reported."""
