"""The rule that values never fall, or never rise, from row to row."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Self

from mlbuild.columns import NUMERIC, TEMPORAL
from mlbuild.data.rules.rule import Example, Rule
from mlbuild.frozen import frozen
from mlbuild.params import Choice, field

if TYPE_CHECKING:
    import polars as pl

_DIRECTIONS = {
    "increasing": "no value is smaller than the one before it",
    "strictly_increasing": "every value is greater than the one before it",
    "decreasing": "no value is greater than the one before it",
    "strictly_decreasing": "every value is smaller than the one before it",
}


@frozen
class Monotone(Rule):
    """Values are in the order of `monotone`. A value is compared with the last one before it that is not missing."""

    rule = "monotone"
    dtypes = (*NUMERIC, *TEMPORAL)
    ordered = True
    examples = (
        Example({"dtype": "int", "monotone": "increasing"}, keeps=[1, 2, 2, 5], breaks=[0]),
        Example({"dtype": "float", "monotone": "strictly_increasing"}, keeps=[0.5, 2.0, 5.0], breaks=[0.5]),
        Example(
            {"dtype": "date", "monotone": "decreasing"},
            keeps=[date(2013, 1, 2), date(2013, 1, 2), date(2013, 1, 1)],
            breaks=[date(2013, 1, 3)],
        ),
        Example(
            {"dtype": "datetime", "monotone": "strictly_decreasing"},
            keeps=[datetime(2013, 1, 2), datetime(2013, 1, 1)],
            breaks=[datetime(2013, 1, 2)],
        ),
    )

    monotone: str | None = field(
        Choice(_DIRECTIONS),
        "Order of the values in the rows of the file. Missing values are skipped.",
        default=None,
    )

    def implied_by(self, other: Self) -> bool:
        return (other.monotone or "").removeprefix("strictly_") == self.monotone or self == other

    def kept(self, name: str, dtype: str) -> pl.Expr:
        import polars as pl

        value, last = pl.col(name), pl.col(name).forward_fill().shift(1)
        orders = {
            "increasing": value.ge(last),
            "strictly_increasing": value.gt(last),
            "decreasing": value.le(last),
            "strictly_decreasing": value.lt(last),
        }
        return orders[self.monotone or ""]
