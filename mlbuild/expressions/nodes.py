"""An expression before its types are known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mlbuild.expressions.tree import COLUMN, LITERALS
from mlbuild.frozen import frozen

Offset = tuple[int, int]

#: The op of a part that was already rejected. Nothing else is reported about it.
REFUSED = "refused"


@frozen
class Node:
    """An expression before its types are known: operator, parts, and position in the text."""

    op: str
    args: tuple[Node, ...] = ()
    extra: tuple[Any, ...] = ()
    offset: Offset | None = None
    quoted: bool = False


def node_of(tree: Sequence[Any]) -> Node:
    """Convert a canonical tree, made of tuples or of JSON lists, to nodes."""
    op, *parts = tree
    if op == COLUMN or op in LITERALS:
        return Node(op, extra=tuple(parts))
    args = tuple(node_of(part) for part in parts if isinstance(part, (list, tuple)))
    return Node(op, args, tuple(part for part in parts if not isinstance(part, (list, tuple))))
