"""The rules about the length of strings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Self

from mlbuild.data.rules.categories import Categories
from mlbuild.data.rules.rule import ColumnKeys, Example, Rule, no_effect
from mlbuild.diagnostics import Problem
from mlbuild.frozen import frozen
from mlbuild.params import Integer, Json, field

if TYPE_CHECKING:
    import polars as pl


@frozen
class MinLength(Rule):
    """No string has fewer characters than `min_length`."""

    rule = "min_length"
    dtypes = ("string",)
    examples = (Example({"dtype": "string", "min_length": 2}, keeps=["ab", "éß", "a b"], breaks=["é", "a"]),)

    min_length: int | None = field(
        Integer(min=1), "Minimum number of characters (string only).", default=None, examples=(2,)
    )

    def implied_by(self, other: Self) -> bool:
        return (other.min_length or 0) >= (self.min_length or 0)

    def contradictions(self, column: ColumnKeys) -> Iterator[Problem]:
        if self.min_length is None:
            return
        yield from column.rule(Categories).replaces("min_length")
        longest = column.rule(MaxLength).max_length
        if longest is not None and self.min_length > longest:
            message = f"'min_length' {self.min_length} is greater than 'max_length' {longest}"
            yield Problem("contradiction", message, ("min_length",))
        if self.min_length == 1 and column.empty_is_null:
            message = "'min_length' 1 has no effect, because an empty string is a missing value here"
            yield no_effect("min_length", message, "remove it, or set 'empty_is_null: false'")

    def kept(self, name: str, dtype: str) -> pl.Expr:
        import polars as pl

        return pl.col(name).str.len_chars().ge(self.min_length)

    def keywords(self, dtype: str) -> Json:
        return {"minLength": self.min_length}


@frozen
class MaxLength(Rule):
    """No string has more characters than `max_length`."""

    rule = "max_length"
    dtypes = ("string",)
    examples = (Example({"dtype": "string", "max_length": 2}, keeps=["a", "éß"], breaks=["abc", "a b"]),)

    max_length: int | None = field(
        Integer(min=1), "Maximum number of characters (string only).", default=None, examples=(20,)
    )

    def implied_by(self, other: Self) -> bool:
        return (other.max_length or 0) <= (self.max_length or 0)

    def contradictions(self, column: ColumnKeys) -> Iterator[Problem]:
        if self.max_length is not None:
            yield from column.rule(Categories).replaces("max_length")

    def kept(self, name: str, dtype: str) -> pl.Expr:
        import polars as pl

        return pl.col(name).str.len_chars().le(self.max_length)

    def keywords(self, dtype: str) -> Json:
        return {"maxLength": self.max_length}
