"""Finds out what is known about the rows that a filter keeps."""

from __future__ import annotations

from functools import reduce

from mlbuild.columns import Schema
from mlbuild.expressions.tree import COLUMN, Tree, is_literal, literal_value
from mlbuild.expressions.typed import Typed

_Names = frozenset[str]
_NONE: _Names = frozenset()
#: Operators that can have a value although an operand is missing.
_OPAQUE = {"case", "concat", "is_null", "is_true"}


def known_not_null(condition: Typed) -> frozenset[str]:
    """Return the columns that cannot be missing in rows that satisfy the condition, such as `x` for `x > 3` and `x
    IS NOT NULL`.
    """
    return _if_true(condition.tree)


def never_true(condition: Typed, schema: Schema) -> bool:
    """Whether it is known without data that no row satisfies a condition: it asks for a missing value of a column that
    is never missing, or for a value that is none of the categories.
    """

    def never(tree: Tree) -> bool:
        match tree:
            case ("and", *parts):
                return any(map(never, parts))
            case ("or", *parts):
                return all(map(never, parts))
            case ("is_true", part):
                return never(part)
            case ("is_null", (head, name, _)) if head == COLUMN:
                return schema[name].known and not schema[name].nullable
            case ("=" | "in", (head, name, _), *values) if head == COLUMN:
                categories = schema[name].categories
                return categories is not None and all(
                    is_literal(value) and literal_value(value) not in categories for value in values
                )
        return False

    return never(condition.tree)


def _if_true(tree: Tree) -> _Names:
    match tree:
        case ("and", *parts):
            return _NONE.union(*map(_if_true, parts))
        case ("or", *parts):
            return _common([_if_true(part) for part in parts])
        case ("not", part):
            return _if_false(part)
        case ("is_true", part):
            return _if_true(part)
    return _if_present(tree)


def _if_false(tree: Tree) -> _Names:
    match tree:
        case ("and", *parts):
            return _common([_if_false(part) for part in parts])
        case ("or", *parts):
            return _NONE.union(*map(_if_false, parts))
        case ("not", part):
            return _if_true(part)
        case ("is_null", part):
            return _if_present(part)
    return _if_present(tree)


def _if_present(tree: Tree) -> _Names:
    """Return the columns that are not missing if the tree is not missing."""
    if tree[0] == COLUMN:
        return frozenset({tree[1]})
    if is_literal(tree) or tree[0] in _OPAQUE:
        return _NONE
    parts = [_if_present(part) for part in tree[1:] if isinstance(part, tuple)]
    if tree[0] in ("coalesce", "least", "greatest"):
        return _common(parts)
    if tree[0] in ("and", "or"):
        return _common([_if_true(tree), _if_false(tree)])
    return _NONE.union(*parts)


def _common(parts: list[_Names]) -> _Names:
    return reduce(frozenset.intersection, parts)
