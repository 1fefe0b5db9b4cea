"""The rule that integers are multiples of a number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlbuild.frozen import frozen
from mlbuild.data.rules.rule import Example, Rule
from mlbuild.params import Integer, field

if TYPE_CHECKING:
    import polars as pl


@frozen
class MultipleOf(Rule):
    """Every value is a multiple of a number."""

    rule = "multiple_of"
    dtypes = ("int",)
    examples = (Example({"dtype": "int", "multiple_of": 5}, keeps=[0, 5, -10], breaks=[4, 11]),)

    multiple_of: int | None = field(
        Integer(min=1), "Number that divides all values (int only).", default=None, examples=(5,)
    )

    def kept(self, name: str, dtype: str) -> pl.Expr:
        import polars as pl

        return (pl.col(name) % self.multiple_of).eq(0)
