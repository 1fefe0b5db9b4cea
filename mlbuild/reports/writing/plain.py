"""Writes plain values in the style of YAML, so that YAML readers get the same values. Trees of expressions become SQL."""

from __future__ import annotations

import json
import re
from typing import Any

from mlbuild.expressions.written import call_sql, expression_sql, is_call, is_tree

_WIDTH = 90
#: What needs no quotes, unless YAML would read it as something other than text.
_WORD = re.compile(r"[A-Za-z_][\w.]*")
_QUOTED = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})


def plain(value: Any) -> str:
    return "\n".join(_lines(value))


def _lines(value: Any) -> list[str]:
    if is_call(value):
        return [_inline(call_sql(value))]
    if is_tree(value):
        return [_inline(expression_sql(value))]
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
