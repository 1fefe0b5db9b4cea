"""The canonical tree of an expression: nested tuples of JSON values. Equal meanings have equal trees.

A tree is `(operator, *parts)`: `("<", ("column", "distance", "float"), ("float", "100.0"))`. The operators are
those of `binding.RULES`. A leaf is a column or a literal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from mlbuild.moments import parse_moment

Tree = tuple[Any, ...]

COLUMN = "column"
NULL = "null"
#: The dtype of a NULL whose dtype cannot be inferred.
UNTYPED = "untyped"
#: Literals are `(dtype, value)`. A missing literal is `("null", dtype)`.
LITERALS = frozenset({"bool", "int", "float", "string", "date", "datetime", NULL})

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
