"""Parts of an expression with their types, and functions to find a common type."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import isfinite

from mlbuild.columns import NUMERIC, TEMPORAL, UNKNOWN, ColumnType
from mlbuild.diagnostics import Problem, Rejected
from mlbuild.expressions.constants import fold
from mlbuild.expressions.tree import (
    COLUMN,
    NULL,
    UNTYPED,
    Offset,
    Tree,
    is_literal,
    is_null,
    literal,
    literal_value,
)
from mlbuild.frozen import frozen
from mlbuild.moments import DAY, parse_moment


@frozen
class Term:
    """A canonical tree with its dtype, whether it can be missing, and its position in the text.

    `finite` says that it is never infinite, as in `ColumnType`.
    """

    tree: Tree
    dtype: str
    nullable: bool
    offset: Offset | None = None
    finite: bool = True

    @property
    def type(self) -> ColumnType:
        return ColumnType(self.dtype, self.nullable, finite=self.finite)

    def at(self, offset: Offset | None) -> Term:
        return replace(self, offset=offset or self.offset)

    def words(self) -> str:
        """Describe it for messages: "'carrier' (string)", "a float"."""
        if self.tree[0] == COLUMN:
            return f"'{self.tree[1]}' ({self.dtype})"
        return _ARTICLES.get(self.dtype, f"a {self.dtype}")


_ARTICLES = {"int": "an int", UNTYPED: "NULL", "string": "a string"}
SILENT = Term((NULL, UNKNOWN), UNKNOWN, True)


def literal_term(dtype: str, value: object, offset: Offset | None) -> Term:
    """Create a literal in its canonical spelling."""
    tree = literal(dtype, float(str(value))) if dtype in NUMERIC else (dtype, value)
    return Term(tree, dtype, False, offset, _finite(tree))


def made(op: str, args: Sequence[Term], dtype: str, nullable: bool, *extra: object) -> Term:
    """Apply an operator to its operands. If all operands are literals, compute the result."""
    tree: Tree = (op, *(arg.tree for arg in args), *extra)
    if all(is_literal(arg.tree) for arg in args):
        tree = fold(tree, dtype)
        return Term(tree, dtype, is_null(tree), finite=_finite(tree))
    return Term(tree, dtype, nullable, finite=dtype != "float" or all(arg.finite for arg in args))


def _finite(tree: Tree) -> bool:
    """Whether a literal is not infinite."""
    return tree[0] not in NUMERIC or isfinite(literal_value(tree))


def strict(op: str, args: Sequence[Term], dtype: str, nullable: bool = False, *extra: object) -> Term:
    """Apply an operator that is missing if an operand is missing."""
    if any(is_null(arg.tree) for arg in args):
        return Term((NULL, dtype), dtype, True)
    return made(op, args, dtype, nullable or any(arg.nullable for arg in args), *extra)


def mismatch(message: str, term: Term | None = None, help: str | None = None) -> Rejected:
    return Rejected(Problem("type-mismatch", message, help=help, offset=term.offset if term else None))


def alike(terms: Sequence[Term], message: str) -> tuple[str, list[Term]]:
    """Return the common dtype of all terms, and the terms converted to it.

    The common dtype of int and float is float, and that of date and datetime is datetime. A text next to a date is
    read as an ISO date. A NULL has the dtype of the others. `message` has placeholders for two descriptions:
    "cannot compare {} with {}".
    """
    temporal = any(term.dtype in TEMPORAL for term in terms)
    if temporal:
        terms = [_moment(term) for term in terms]
    dtype = UNTYPED
    first = terms[0]
    for term in terms:
        common = _common(dtype, term.dtype)
        if common is None:
            place = term if first.offset is None or term.offset is None else _spanning(first, term)
            # In the order of the text: `a > b` was read as `b < a`.
            words = [one.words() for one in sorted((first, term), key=lambda one: one.offset or (0, 0))]
            raise mismatch(message.format(*words), place, _hint(first, term))
        dtype, first = common, first if dtype != UNTYPED else term
    return dtype, [as_dtype(term, dtype) for term in terms]


def as_dtype(term: Term, dtype: str) -> Term:
    """Convert a term to an expected dtype that it is compatible with."""
    if term.dtype == UNTYPED:
        return replace(term, tree=(NULL, dtype), dtype=dtype)
    if term.dtype == dtype:
        return term
    if is_literal(term.tree):
        return replace(term, tree=literal(dtype, literal_value(term.tree)), dtype=dtype)
    if dtype == "datetime":
        return replace(term, tree=("cast", term.tree, dtype), dtype=dtype)
    return term  # an int next to floats is computed as a float anyway


def _common(one: str, other: str) -> str | None:
    if one == other or other == UNTYPED:
        return one
    if one == UNTYPED:
        return other
    if {one, other} == set(NUMERIC):
        return "float"
    return "datetime" if {one, other} == set(TEMPORAL) else None


def _moment(term: Term) -> Term:
    """Read a text literal as an ISO date, or as a datetime if it has a time of day."""
    if term.dtype != "string" or not is_literal(term.tree):
        return term
    return moment_literal(term)


def moment_literal(term: Term, dtype: str | None = None) -> Term:
    """Read a text literal as a date or datetime."""
    text = str(term.tree[1])
    value = parse_moment(text)
    if value is None:
        message = f"'{text}' is not an ISO date"
        raise mismatch(message, term, "write '2013-10-01' or '2013-10-01 12:30:00'")
    dtype = dtype or ("date" if len(text.strip()) <= len("2013-10-01") else "datetime")
    if dtype == "date":
        value -= value % DAY
    return replace(term, tree=literal(dtype, value), dtype=dtype)


def _spanning(one: Term, other: Term) -> Term:
    assert one.offset and other.offset
    start, end = min(one.offset[0], other.offset[0]), max(one.offset[1], other.offset[1])
    return replace(other, offset=(start, end))


def _hint(one: Term, other: Term) -> str | None:
    if {one.tree[0], other.tree[0]} & {"<", "<="}:
        return "combine comparisons with AND: 1 < x AND x < 3"
    dtypes = {one.dtype, other.dtype}
    if "bool" in dtypes and dtypes & set(NUMERIC):
        return "convert a bool to a number with CAST(... AS BIGINT)"
    return None
