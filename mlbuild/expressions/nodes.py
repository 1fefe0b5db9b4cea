"""An expression before its types are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mlbuild.expressions.tree import COLUMN, LITERALS

Offset = tuple[int, int]

#: The op of what has been refused already; nothing more is said about it.
REFUSED = "refused"


@dataclass(frozen=True)
class Node:
    """An expression before its types are known: a tree's operator and parts, and its place in the text."""

    op: str
    args: tuple[Node, ...] = ()
    extra: tuple[Any, ...] = ()
    offset: Offset | None = None
    quoted: bool = False


def node_of(tree: Sequence[Any]) -> Node:
    """A canonical tree as nodes, from tuples or from the lists that JSON gives."""
    op, *parts = tree
    if op == COLUMN or op in LITERALS:
        return Node(op, extra=tuple(parts))
    args = tuple(node_of(part) for part in parts if isinstance(part, (list, tuple)))
    return Node(op, args, tuple(part for part in parts if not isinstance(part, (list, tuple))))
