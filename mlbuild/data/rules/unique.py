"""The rules that values, or combinations of values, occur in only one row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Self

from mlbuild.data.rules.rule import Condition, ContractKeys, Example, Rule, TableRule
from mlbuild.diagnostics import Problem
from mlbuild.frozen import frozen
from mlbuild.hints import did_you_mean, listed, meant_as_list
from mlbuild.params import Boolean, ListOf, Name, field

if TYPE_CHECKING:
    import polars as pl


@frozen
class Unique(Rule):
    """All values are different."""

    rule = "unique"
    examples = (
        Example({"dtype": "int", "unique": True}, keeps=[1, 2, 3], breaks=[4, 5, 4, 5]),
        Example({"dtype": "float", "unique": True}, keeps=[0.5, 2.0], breaks=[0.0, -0.0]),
    )

    unique: bool = field(
        Boolean(), "Whether all values must be different. Missing values are not compared.", default=False
    )

    @property
    def text(self) -> str:
        return "unique"

    def kept(self, name: str, dtype: str) -> pl.Expr:
        return _different([name])


@frozen
class UniqueTogether(TableRule):
    """All combinations of values of some columns are different."""

    rule = "unique"

    unique: tuple[str, ...] | None = field(
        ListOf(Name("column"), min_items=1, unique=True),
        "Columns whose combination of values must be different in every row. Rows with a missing value in one of them are not compared.",
        default=None,
    )

    @property
    def columns(self) -> tuple[str, ...]:
        return self.unique or ()

    @property
    def described(self) -> str:
        return f"unique [{', '.join(self.columns)}]"

    def implied_by(self, other: Self) -> bool:
        return {*other.columns} <= {*self.columns}

    def contradictions(self, contract: ContractKeys) -> Iterator[Problem]:
        for index, name in enumerate(self.columns):
            if name not in contract.columns:
                near = meant_as_list(name, contract.columns) or did_you_mean(name, contract.columns)
                near = near or f"available columns: {listed(contract.columns)}"
                yield Problem("unknown-column", f"unknown column '{name}'", ("unique", index), near)
            elif name in self.columns[:index]:
                yield Problem("duplicate-item", f"column '{name}' is listed twice", ("unique", index))

    def conditions(self, dtypes: Mapping[str, str]) -> Iterator[Condition]:
        yield Condition(self.columns, self.described, _different(self.columns), at=("unique",))


def _different(together: Sequence[str]) -> pl.Expr:
    """No other row is equal in these columns. As in SQL, missing values are never equal."""
    import polars as pl

    return pl.map_batches([*together], _are_different, return_dtype=pl.Boolean)


def _are_different(columns: Sequence[pl.Series]) -> pl.Series:
    """Whether each row differs from all others. If all hashes differ, all rows do, which is several times faster to see."""
    import polars as pl

    rows = pl.DataFrame([values.alias(str(place)) for place, values in enumerate(columns)])
    if rows.hash_rows(seed=0).n_unique() == rows.height:
        return pl.Series([True]).new_from_index(0, rows.height)
    whole = pl.all_horizontal(pl.all().is_not_null())
    alone = pl.struct(pl.all()) if rows.width > 1 else pl.col("0")
    return rows.select(~(alone.is_duplicated() & whole)).to_series()
