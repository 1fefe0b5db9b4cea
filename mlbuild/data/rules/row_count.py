"""The rule about the number of rows."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Self

from mlbuild.data.rules.rule import TableRule, Whole
from mlbuild.diagnostics import Problem
from mlbuild.frozen import frozen
from mlbuild.params import Described, Integer, Object, field, write

if TYPE_CHECKING:
    import polars as pl


@frozen
class RowCount(Described):
    """How many rows a table must have."""

    min: int | None = field(Integer(min=0), "Minimum number of rows.", default=None, examples=(1000,))
    max: int | None = field(Integer(min=0), "Maximum number of rows.", default=None, examples=(10**6,))

    def check(self) -> Iterator[Problem]:
        if self.min is not None and self.max is not None and self.min > self.max:
            yield Problem("contradiction", f"'min' {self.min} is greater than 'max' {self.max}", ("min",))
        if self.min is None and self.max is None:
            yield Problem("empty", "'rows' needs 'min' or 'max'", (), on="key")


@frozen
class Rows(TableRule):
    """The number of rows is between bounds."""

    rule = "rows"
    shared = True

    rows: RowCount | None = field(
        Object(RowCount), "How many rows the table must have.", default=None, examples=({"min": 1000},)
    )

    @property
    def described(self) -> str:
        bounds = write(self.rows).items() if self.rows else ()
        return f"rows {', '.join(f'{key} {bound}' for key, bound in bounds)}"

    def implied_by(self, other: Self) -> bool:
        assert self.rows is not None and other.rows is not None
        low = self.rows.min is None or (other.rows.min is not None and other.rows.min >= self.rows.min)
        return low and (
            self.rows.max is None or (other.rows.max is not None and other.rows.max <= self.rows.max)
        )

    def for_rows(self) -> None:
        return None

    def wholes(self, rows: pl.DataFrame, absent: Collection[str]) -> Iterator[Whole]:
        assert self.rows is not None
        has = f"it has {rows.height:,}"
        if self.rows.min is not None and rows.height < self.rows.min:
            yield Whole(f"rows min {self.rows.min}", has, ("rows", "min"))
        if self.rows.max is not None and rows.height > self.rows.max:
            yield Whole(f"rows max {self.rows.max}", has, ("rows", "max"))
