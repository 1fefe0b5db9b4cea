"""An expression, first as nodes of a text, and then as a canonical tree. Equal meanings have equal trees.

Nodes know their positions. A tree is made of nested tuples of JSON values, `(operator, *parts)`:
`("<", ("column", "distance", "float"), ("float", "100.0"))`. The operators are those of `rules.RULES`. A leaf is a
column or a literal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from mlbuild.frozen import frozen
from mlbuild.moments import parse_moment

Offset = tuple[int, int]
Tree = tuple[Any, ...]

COLUMN = "column"
NULL = "null"
#: The dtype of a NULL whose dtype cannot be inferred.
UNTYPED = "untyped"
#: Literals are `(dtype, value)`. A missing literal is `("null", dtype)`.
LITERALS = frozenset({"bool", "int", "float", "string", "date", "datetime", NULL})
#: The op of a node that was already rejected. Nothing else is reported about it.
REFUSED = "refused"

_EPOCH = datetime(1970, 1, 1)
_MICROSECOND = timedelta(microseconds=1)


def literal(dtype: str, value: Any) -> Tree:
    """Create the leaf for a value: a bool, a float, a text, or microseconds since 1970. NaN and None are missing.

    Numbers are stored as text, because JSON has no infinity and JSON writers format 1.0 differently. Zero has no
    sign.
    """
    if value is None or value != value:
        return (NULL, dtype)
    if dtype in ("int", "float"):
        return (dtype, repr(float(value) + 0.0))
    if dtype in ("date", "datetime"):
        moment = _EPOCH + value * _MICROSECOND
        return (dtype, moment.date().isoformat() if dtype == "date" else moment.isoformat())
    return (dtype, value)


def literal_value(tree: Tree) -> Any:
    """Return the value that was given to `literal`; None for a missing literal."""
    dtype, value = tree
    if dtype == NULL:
        return None
    if dtype in ("int", "float"):
        return float(value)
    if dtype in ("date", "datetime"):
        return parse_moment(value)
    return value


def is_literal(tree: Tree) -> bool:
    return tree[0] in LITERALS


def is_null(tree: Tree) -> bool:
    return bool(tree[0] == NULL)


def columns_of(tree: Tree) -> Iterator[tuple[str, str]]:
    """Return the name and dtype of each column leaf, in the order of the text."""
    if tree[0] == COLUMN:
        yield tree[1], tree[2]
    elif not is_literal(tree):
        for part in tree[1:]:
            if isinstance(part, tuple):
                yield from columns_of(part)


def renamed(tree: Tree, names: Mapping[str, str]) -> Tree:
    """Rename the columns in a tree."""
    if tree[0] == COLUMN:
        return (COLUMN, names[tree[1]], *tree[2:])
    if is_literal(tree):
        return tree
    return tuple(renamed(part, names) if isinstance(part, tuple) else part for part in tree)


def parts_of(tree: Any) -> Iterator[Tree]:
    """Return a tree and all trees inside it."""
    if isinstance(tree, (tuple, list)) and tree and isinstance(tree[0], str):
        yield tuple(tree)
        for part in tree[1:]:
            yield from parts_of(part)


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
