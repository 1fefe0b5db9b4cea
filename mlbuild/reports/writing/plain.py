"""Writes plain values in the style of YAML, so that YAML readers get the same values. Trees of expressions become text."""

from __future__ import annotations

import json
import re
from typing import Any

from mlbuild.expressions.tree import COLUMN, LITERALS, NULL, is_literal

_WIDTH = 90
#: What needs no quotes, unless YAML would read it as something other than text.
_WORD = re.compile(r"[A-Za-z_][\w.]*")
#: Operators that are written between their operands, although they are words.
_BETWEEN = ("and", "or")
_QUOTED = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})


def plain(value: Any) -> str:
    return "\n".join(_lines(value))


def _lines(value: Any) -> list[str]:
    if _is_tree(value):
        return [_inline(expression(value))]
    inline = _inline(value)
    if not value or not isinstance(value, (dict, list)):
        return [inline]
    if isinstance(value, list):
        if len(inline) <= _WIDTH:
            return [inline]
        return [line for item in value for line in _hung(item)]
    return [line for key, item in value.items() for line in _entry(key, item)]


def _inline(value: Any) -> str:
    """Return a value on one line. Plain words need no quotes."""
    if isinstance(value, list):
        return f"[{', '.join(map(_inline, value))}]"
    if isinstance(value, str) and _WORD.fullmatch(value) and value.casefold() not in _QUOTED:
        return value
    return json.dumps(value, ensure_ascii=False)


def _entry(key: str, item: Any) -> list[str]:
    name = _inline(key)
    lines = _lines(item)
    nested = isinstance(item, (dict, list)) and (len(lines) > 1 or isinstance(item, dict)) and bool(item)
    return [f"{name}:", *(f"  {line}" for line in lines)] if nested else [f"{name}: {lines[0]}"]


def _hung(item: Any) -> list[str]:
    first, *rest = _lines(item)
    return [f"- {first}", *(f"  {line}" for line in rest)]


def expression(tree: Any) -> str:
    """Return a canonical tree of an expression in the style of SQL."""
    if not isinstance(tree, list):
        return str(tree)
    operator, *parts = tree
    if operator == COLUMN:
        return str(parts[0])
    if is_literal(tuple(tree)):
        return (
            "NULL" if operator == NULL else f"'{parts[0]}'" if operator == "string" else str(parts[0]).lower()
        )
    told = [
        f"({expression(one)})" if _is_tree(one) and len(one) > 2 and one[0] != COLUMN else expression(one)
        for one in parts
    ]
    if operator not in _BETWEEN and operator.replace("_", "").isalpha():
        return f"{operator.upper()}({', '.join(map(expression, parts))})"
    return f" {operator.upper()} ".join(told) if len(told) > 1 else f"{operator}{told[0]}"


def _is_tree(value: Any) -> bool:
    """Whether a value is such a tree, and not a list of texts."""
    if not isinstance(value, list) or not value or not isinstance(value[0], str):
        return False
    if value[0] == COLUMN or value[0] in LITERALS:
        return len(value) == 2 + (value[0] == COLUMN)
    return any(isinstance(one, list) for one in value[1:])
