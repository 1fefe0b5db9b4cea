"""Converts the functions of strings from sqlglot's tree to nodes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from mlbuild.expressions.functions.converter import Converter
from mlbuild.expressions.refusals import own, place, unsupported
from mlbuild.expressions.tree import Node
from mlbuild.lowering.patterns import LONGEST, BadPattern, check

if TYPE_CHECKING:
    from sqlglot.expressions import Expr as Sql


def like(converter: Converter, sql: Sql) -> Node:
    """x LIKE 'pattern', x ILIKE 'pattern'."""
    name = type(sql).__name__.upper()
    pattern = _literal(converter, sql, f"the pattern of {name}")
    if isinstance(pattern, Node):
        return pattern
    if set(pattern) & {"%", "_"} and len(pattern) > LONGEST:
        message = f"the pattern of {name} has {len(pattern):,} characters, but the limit is {LONGEST}"
        help_ = f"match parts of the string, each with its own {name}"
        return converter.refuse(sql, unsupported(message, place(sql.expression, converter.text), help_))
    return converter.made(sql, name.casefold(), [converter.read(sql.this)], pattern)


def regexp_like(converter: Converter, sql: Sql) -> Node:
    """REGEXP_LIKE(x, 'pattern'): whether a part of x matches."""
    pattern = _literal(converter, sql, "the pattern of REGEXP_LIKE")
    return pattern if isinstance(pattern, Node) else _matching(converter, sql, pattern)


def part_named(before: str, after: str) -> Callable[[Converter, Sql], Node]:
    """STARTS_WITH(x, 'text'), ENDS_WITH and CONTAINS."""

    def named(converter: Converter, sql: Sql) -> Node:
        text = _literal(converter, sql, "the second argument")
        if isinstance(text, Node):
            return text
        escaped = re.sub(r"([\\.+*?()|\[\]{}^$])", r"\\\1", text)
        return _matching(converter, sql, f"{before}{escaped}{after}")

    return named


def _matching(converter: Converter, sql: Sql, pattern: str) -> Node:
    offset = own(sql.expression)
    try:
        check(pattern)
    except BadPattern as bad:
        return converter.refuse(sql, unsupported(bad.message, offset, bad.help))
    return converter.made(sql, "regexp_like", [converter.read(sql.this)], pattern)


def _literal(converter: Converter, sql: Sql, what: str) -> str | Node:
    """Return the text of the second argument."""
    written = sql.expression
    if type(written).__name__ == "Literal" and written.is_string and "\0" not in written.this:
        return str(written.this)
    message = f"{what} must be a string in quotes"
    help_ = "double quotes are for columns; use single quotes for a string"
    return converter.refuse(sql, unsupported(message, place(written, converter.text), help_))
