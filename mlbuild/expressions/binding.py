"""Types an expression over a schema, and converts it to its canonical tree."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from typing import Any

from mlbuild.columns import DTYPES, UNKNOWN, Schema
from mlbuild.diagnostics import Problem, Rejected
from mlbuild.expressions.rules import RULES
from mlbuild.expressions.syntax import parse
from mlbuild.expressions.terms import SILENT, Term, literal_term
from mlbuild.expressions.tree import (
    COLUMN,
    LITERALS,
    NULL,
    REFUSED,
    UNTYPED,
    Node,
    columns_of,
    is_literal,
    node_of,
)
from mlbuild.expressions.typed import Typed
from mlbuild.hints import did_you_mean, listed

#: The maximum nesting depth, below Python's recursion limit. A chain of AND or OR is one level.
MAX_DEPTH = 150
#: The maximum number of characters. Parsing and typing take about ten microseconds each.
MAX_LENGTH = 50_000


def bind(expression: str | Sequence[Any], schema: Schema, later: Container[str] = ()) -> Typed:
    """Type an expression over the columns of `schema`.

    It is a text, or the `tree` of an expression that was bound before.

    `later` are columns that are created together with this one, for a hint.

    Raises:
        Rejected: With all problems, in the order of the text, each with its `offset`. Their codes are
        `bad-expression`,
            `unknown-column`, `type-mismatch` and `unsupported-expression`.
    """
    text = expression if isinstance(expression, str) else ""
    if len(text) > MAX_LENGTH:
        raise Rejected(too_long(text))
    try:
        node, found = parse(text) if isinstance(expression, str) else (node_of(expression), ())
    except RecursionError:
        raise Rejected(_too_deep(text)) from None
    return bind_node(node, found, schema, text, later)


def bind_node(
    node: Node, found: Sequence[Problem], schema: Schema, text: str = "", later: Container[str] = ()
) -> Typed:
    """Type an expression that was parsed from a part of `text`, with the problems that were found in it.

    Raises:
        Rejected: As `bind`.
    """
    problems = [*found]
    try:
        term = _Binder(schema, problems, later).term(node, MAX_DEPTH)
    except RecursionError:
        raise Rejected(_too_deep(text)) from None
    if not problems and term.dtype != UNKNOWN and is_literal(term.tree):
        problems.append(_constant(text))
    if problems:
        raise Rejected(*_sorted(problems))
    names = tuple(dict.fromkeys(name for name, _ in columns_of(term.tree)))
    is_column = term.tree[0] == COLUMN
    return Typed(term.tree, schema[names[0]] if is_column else term.type, names)


def _too_deep(text: str) -> Problem:
    return Problem("bad-expression", "the expression is nested too deeply", offset=(0, len(text)))


def too_long(text: str) -> Problem:
    message = f"the expression has {len(text):,} characters, but the limit is {MAX_LENGTH:,}"
    help_ = "derive parts of it in earlier steps, or join a table of values"
    return Problem("bad-expression", message, help=help_, offset=(0, len(text)))


class _Binder:
    """Types nodes bottom-up. A part with a problem gets an unknown type, which suppresses follow-up problems."""

    def __init__(self, schema: Schema, problems: list[Problem], later: Container[str]) -> None:
        self.schema, self.problems, self.later = schema, problems, later

    def term(self, node: Node, depth: int) -> Term:
        if not depth:
            raise RecursionError
        if node.op == COLUMN:
            return self._column(node)
        if node.op in LITERALS:
            return self._literal(node)
        args = []
        for arg in node.args:
            args.append(self.term(arg, depth - 1))
        if node.op == REFUSED:
            return SILENT
        if any(arg.dtype == UNKNOWN for arg in args):
            return self._silent(node, args)
        try:
            return RULES[node.op](node, args).at(node.offset)
        except Rejected as rejected:
            self.problems += rejected.problems
            return SILENT

    def _silent(self, node: Node, args: Sequence[Term]) -> Term:
        """Return a term of unknown type that still knows which columns it reads."""
        return Term((node.op, *(arg.tree for arg in args), *node.extra), UNKNOWN, True)

    def _column(self, node: Node) -> Term:
        name = node.extra[0]
        type_ = self.schema.get(name)
        if type_ is None:
            self.problems.append(self._unknown(name, node))
            return SILENT
        if type_.known and type_.dtype not in DTYPES:
            message = f"'{name}' is a {type_.dtype}, which expressions do not support"
            self.problems.append(Problem("type-mismatch", message, offset=node.offset))
            return SILENT
        return Term((COLUMN, name, type_.dtype), type_.dtype, type_.nullable, node.offset, type_.finite)

    def _unknown(self, name: str, node: Node) -> Problem:
        near = did_you_mean(name, self.schema)
        if name in self.later:
            near = "this step adds it, but expressions can only use columns of earlier steps: add it in an earlier step"
        if near is None and node.quoted:
            near = f"double quotes are for columns; use single quotes for a string: '{name}'"
        near = near or f"available columns: {listed(self.schema) or 'none'}"
        return Problem("unknown-column", f"unknown column '{name}'", help=near, offset=node.offset)

    def _literal(self, node: Node) -> Term:
        if node.op == NULL:
            dtype = node.extra[0]
            return Term((NULL, dtype), UNTYPED if dtype == UNTYPED else dtype, True, node.offset)
        return literal_term(node.op, node.extra[0], node.offset)


def _constant(text: str) -> Problem:
    help_ = "use at least one column"
    if re.search(r"(=|<>|!=)\s*NULL\b", text, re.IGNORECASE):
        help_ = "a comparison with NULL is always NULL: use IS NULL or IS NOT NULL"
    message = "the expression has the same value in every row"
    return Problem("bad-expression", message, help=help_, offset=(0, len(text)))


def _sorted(problems: Sequence[Problem]) -> list[Problem]:
    return sorted(dict.fromkeys(problems), key=lambda problem: problem.offset or (0, 0))
