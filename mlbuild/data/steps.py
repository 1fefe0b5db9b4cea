"""Dataset steps: join, filter, derive."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from mlbuild.data.table import Table
from mlbuild.params import Choice, Described, Expression, Json, ListOf, MapOf, Text, field

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class DatasetStep(Described):
    """One step on the rows of a dataset."""

    op: ClassVar[str]

    def tables(self) -> tuple[str, ...]:
        """The names of the other sources and datasets that it reads."""
        return ()

    def infer(self, table: Table, others: Mapping[str, Table]) -> Table:
        raise NotImplementedError

    def canonical(self, table: Table, slots: Mapping[str, str]) -> Json:
        raise NotImplementedError

    def apply(self, rows: pl.DataFrame, others: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
        raise NotImplementedError


@dataclass(frozen=True)
class Join(DatasetStep):
    """Add the columns of another table to each row."""

    op: ClassVar[str] = "join"
    discriminator = ("op", "join")

    with_: str = field(Text(), "The source or dataset to join.", key="with")
    using: tuple[str, ...] = field(
        ListOf(Text(), or_one=True, min_items=1, unique=True), "The columns in which rows must agree."
    )
    how: str = field(
        Choice({"left": "keep rows without a partner", "inner": "drop rows without a partner"}),
        "What becomes of rows without a partner.",
        default="left",
    )
    cardinality: str = field(
        Choice(
            {
                "many_to_one": "a row of the other table may have several partners here",
                "one_to_one": "a row of either table has at most one partner",
            }
        ),
        "How many partners a row can have.",
        default="many_to_one",
    )
    prefix: str | None = field(Text(), "Put before the names of the columns that are added.", default=None)


@dataclass(frozen=True)
class Filter(DatasetStep):
    """Keep the rows for which an expression is true."""

    op: ClassVar[str] = "filter"
    discriminator = ("op", "filter")

    where: str = field(Expression(), "True for the rows to keep.")


@dataclass(frozen=True)
class Derive(DatasetStep):
    """Add columns that are computed row by row."""

    op: ClassVar[str] = "derive"
    discriminator = ("op", "derive")

    columns: Mapping[str, str] = field(MapOf(Expression(), min_items=1), "The new columns by name.")
