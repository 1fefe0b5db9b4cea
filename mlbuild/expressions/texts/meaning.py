"""Defines what the functions of strings compute, once for graphs, rows and literals."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import Any, TypeVar

from mlbuild.expressions.operands import TextOperand, TruthOperand
from mlbuild.expressions.tree import Tree
from mlbuild.lowering.patterns import searching

T = TypeVar("T")


def like_regex(pattern: str, flags: str = "s") -> str:
    """Convert a LIKE pattern to a regular expression that means the same in RE2, Rust's regex and Python."""
    wild = {"%": ".*", "_": "."}
    special = set(r"\.+*?()|[]{}^$")
    body = "".join(wild.get(char, "\\" + char if char in special else char) for char in pattern)
    return f"(?{flags}){body}"


def _like(tree: Tree, x: TextOperand[T]) -> TruthOperand[T]:
    return x.matches(like_regex(tree[2]))


def _ilike(tree: Tree, x: TextOperand[T]) -> TruthOperand[T]:
    return x.matches(like_regex(tree[2], "is"))


def _regexp_like(tree: Tree, x: TextOperand[T]) -> TruthOperand[T]:
    return x.matches(searching(tree[2]))


def _concat(tree: Tree, *items: TextOperand[T]) -> TextOperand[T]:
    """Join texts; a missing one counts as empty."""
    return reduce(lambda a, b: a.joined(b), [item.present() for item in items])


def _joined(tree: Tree, *items: TextOperand[T]) -> TextOperand[T]:
    """Join texts; the result is missing if one of them is."""
    return reduce(lambda a, b: a.joined(b), items)


TEXTS: Mapping[str, Any] = {
    "like": _like,
    "ilike": _ilike,
    "regexp_like": _regexp_like,
    "concat": _concat,
    "||": _joined,
}
