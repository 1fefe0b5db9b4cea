"""Parses the text of an expression with sqlglot, and rewords its errors."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from mlbuild.diagnostics import Problem, Rejected
from mlbuild.expressions.conversion import SyntaxConverter
from mlbuild.expressions.tree import Node

if TYPE_CHECKING:
    from sqlglot.expressions import Expr as Sql


@lru_cache(4_096)
def parse(text: str) -> tuple[Node, tuple[Problem, ...]]:
    """Parse a text into nodes, with `REFUSED` nodes where there are problems. Results are cached.

    Raises:
        Rejected: The text as a whole is not one SQL expression.
    """
    converter = SyntaxConverter(text)
    return converter.read(parse_sql(text)), tuple(converter.problems)


def parse_sql(text: str) -> Sql:
    """Return sqlglot's tree of the text of one expression.

    Raises:
        Rejected: The text as a whole is not one SQL expression.
    """
    from sqlglot import exp
    from sqlglot.errors import ParseError, TokenError

    logging.getLogger("sqlglot").setLevel(logging.ERROR)  # statements are refused here
    try:
        found = _dialect().parse_into(exp.Condition, text)
    except TokenError:
        raise Rejected(
            Problem("bad-expression", "unclosed quote or comment", offset=(0, len(text)))
        ) from None
    except ParseError as error:
        raise Rejected(_worded(error.errors[0], text)) from None
    if len(found) > 1:
        raise Rejected(
            Problem(
                "bad-expression", "';' is not supported: write a single expression", offset=(0, len(text))
            )
        )
    if not found:
        word = text.split()[0]
        start = text.index(word)
        message = f"unexpected '{word}'"
        raise Rejected(Problem("bad-expression", message, offset=(start, start + len(word))))
    sql: Sql | None = found[0]
    if sql is None:
        raise Rejected(Problem("bad-expression", "the expression is empty", offset=(0, len(text))))
    return sql


@lru_cache(1)
def _dialect() -> Any:
    """Return sqlglot's own dialect, except for functions whose arguments it takes for something else."""
    from sqlglot import Dialect, exp
    from sqlglot.parser import Parser as Base

    def difference(args: Sequence[Any]) -> Any:
        if len(args) != 3:
            return exp.DateDiff(this=args[0] if args else None, expression=args[-1] if args else None)
        return exp.DateDiff(this=args[2], expression=args[1], unit=args[0])

    def part(args: Sequence[Any]) -> Any:
        if len(args) != 2:
            return exp.Anonymous(this="DATE_PART", expressions=list(args))
        return exp.Extract(this=args[0], expression=args[1])

    named = dict.fromkeys(("DATE_DIFF", "DATEDIFF", "TIMESTAMPDIFF"), difference) | {"DATE_PART": part}
    # Not class statements: a class of another package could read their docstrings, so these would count as code.
    kinds: tuple[Any, Any] = type(Base), type(Dialect)
    parser = kinds[0]("Parser", (Base,), {"FUNCTIONS": Base.FUNCTIONS | named})
    return kinds[1]("Language", (Dialect,), {"Parser": parser})()


def _worded(error: dict[str, Any], text: str) -> Problem:
    """Reword an error of sqlglot, whose own messages name Python classes."""
    word, said = error["highlight"], error["description"]
    before = text.split("\n")[: error["line"] - 1]
    end = sum(len(line) + 1 for line in before) + error["col"]
    if said.startswith("Required keyword"):
        message = f"something is missing {'before' if word == ')' else 'after'} '{word}'"
    elif said.startswith("Expecting )"):
        message = f"a ')' is missing after '{word}'"
    elif said.startswith("Expected END"):
        message = f"an END is missing after '{word}'"
    elif said.startswith("The number of provided arguments"):
        message = "a function has too many arguments"
    else:
        message = f"unexpected '{word}'"
    start = end - len(word)
    help_ = {"&&": "write AND"}.get(word)
    if text[:start].rstrip().endswith("**"):
        help_ = "write POWER(x, y)"
    if word.upper() == "SELECT":
        help_ = "an expression computes one value from the columns of a row"
    return Problem("bad-expression", message, help=help_, offset=(start, end))
