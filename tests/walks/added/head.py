"""The dataset step `head`: keeps the first rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mlbuild.data.lineage import Decision
from mlbuild.data.steps.step import DatasetStep
from mlbuild.data.table import Table
from mlbuild.diagnostics import Path
from mlbuild.frozen import frozen
from mlbuild.params import Integer, field

if TYPE_CHECKING:
    import polars as pl


@frozen
class Head(DatasetStep):
    """Keep the first rows."""

    op = "head"
    discriminator = ("op", "head")

    count: int = field(Integer(min=0), "Number of rows to keep.", examples=(1000,))

    def infer(self, table: Table, others: Mapping[str, Table], at: Path = ()) -> Table:
        order = (table.ordered,) if table.ordered else ()
        return table.filtered(Decision("", at, order, what="the first rows are kept"), ())

    def doubtful(self, table: Table, at: Path) -> Table:
        return table

    def apply(self, rows: pl.DataFrame, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
        return rows.head(self.count)
