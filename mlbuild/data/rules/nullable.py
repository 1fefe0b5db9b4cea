"""The rule that a column has no missing values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlbuild.data.rules.rule import Example, Rule
from mlbuild.frozen import frozen
from mlbuild.params import Boolean, field

if TYPE_CHECKING:
    import polars as pl


@frozen
class Nullable(Rule):
    """Without `nullable`, a missing value is a violation."""

    rule = "nullable"
    about_nulls = True
    examples = (Example({"dtype": "int"}, keeps=[1, 2], breaks=[None, None]),)

    nullable: bool = field(
        Boolean(), "Whether values can be missing. If false, a missing value is a violation.", default=False
    )

    @property
    def applied(self) -> bool:
        return not self.nullable

    @property
    def text(self) -> str:
        return "not null"

    def kept(self, name: str, dtype: str) -> pl.Expr:
        import polars as pl

        return pl.col(name).is_not_null()
