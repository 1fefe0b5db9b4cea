"""The rule that a column has no missing values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Self

from mlbuild.data.rules.rule import ColumnKeys, Example, Rule, no_effect
from mlbuild.diagnostics import Problem
from mlbuild.frozen import frozen
from mlbuild.params import Boolean, Number, field

if TYPE_CHECKING:
    import polars as pl


@frozen
class Nullable(Rule):
    """Without `nullable`, a missing value is a violation."""

    rule = "nullable"
    about_nulls = True
    strict = True
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


@frozen
class MaxNullShare(Rule):
    """At most the share `max_null_share` of the values is missing."""

    rule = "max_null_share"
    about_nulls = True
    shared = True
    stricter = ("nullable",)
    examples = (
        Example({"dtype": "int", "nullable": True, "max_null_share": 0}, keeps=[1], breaks=[None]),
        Example(
            {"dtype": "float", "nullable": True, "max_null_share": 0.4},
            keeps=[1.0, 2.0, 3.0],
            breaks=[None, None, None],
        ),
    )

    max_null_share: float | None = field(
        Number(min=0, below=1), "Maximum share of missing values.", default=None, examples=(0.01,)
    )

    def implied_by(self, other: Self) -> bool:
        return self.allowed_share >= other.allowed_share

    @property
    def allowed_share(self) -> float:
        return self.max_null_share or 0.0

    def contradictions(self, column: ColumnKeys) -> Iterator[Problem]:
        if self.max_null_share is not None and not column.rule(Nullable).nullable:
            message = "'max_null_share' has no effect unless 'nullable' is true"
            yield no_effect("max_null_share", message, "remove it, or set 'nullable: true'")

    def kept(self, name: str, dtype: str) -> pl.Expr:
        import polars as pl

        return pl.col(name).is_not_null()
