"""The rule that strings match a regular expression."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlbuild.data.rules.categories import Categories
from mlbuild.data.rules.rule import ColumnKeys, Example, Rule
from mlbuild.diagnostics import Problem
from mlbuild.frozen import frozen
from mlbuild.params import Text, field

if TYPE_CHECKING:
    import polars as pl


@frozen
class Pattern(Rule):
    """The whole value matches `pattern`."""

    rule = "pattern"
    dtypes = ("string",)
    examples = (
        Example(
            {"dtype": "string", "pattern": "C[0-9]{2}"},
            keeps=["C00", "C42"],
            breaks=["c00", "C0", "C000", " C00", "C00\n"],
        ),
        Example({"dtype": "string", "pattern": "a|b"}, keeps=["a", "b"], breaks=["ab", "ax"]),
    )

    pattern: str | None = field(
        Text(),
        "Regular expression that the whole value must match, in the syntax of Rust's regex crate, which polars uses "
        "(string only).",
        default=None,
        examples=("[A-Z]{2}[0-9]+",),
    )

    def contradictions(self, column: ColumnKeys) -> Iterator[Problem]:
        if self.pattern is None:
            return
        yield from column.rule(Categories).replaces("pattern")
        # Both, because 'a)(b' is valid only between parentheses, and '(?x)a #b' only without them.
        reason = _refused(self.pattern) or _refused(_whole(self.pattern))
        if reason:
            message = f"'pattern' is not a valid regular expression: {reason}"
            yield Problem("wrong-value", message, ("pattern",), "see https://docs.rs/regex for the syntax")

    def kept(self, name: str, dtype: str) -> pl.Expr:
        import polars as pl

        assert self.pattern is not None
        return pl.col(name).str.contains(_whole(self.pattern))


def _whole(pattern: str) -> str:
    """Return a pattern that matches only whole values."""
    return rf"\A(?:{pattern})\z"


def _refused(pattern: str) -> str | None:
    """Return the reason why polars cannot use a pattern. Only specs with patterns pay for the import."""
    import polars as pl
    from polars.exceptions import ComputeError

    try:
        pl.Series([""]).str.contains(pattern)
    except ComputeError as error:
        text = str(error).partition("\n\nThis error")[0]
        return text.rpartition("error: ")[2].strip()
    return None
