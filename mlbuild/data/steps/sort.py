"""The dataset step `sort`: puts the rows in another order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from mlbuild.data.lineage import Decision
from mlbuild.data.steps.step import DatasetStep, unknown_columns
from mlbuild.data.table import Table
from mlbuild.diagnostics import Path, Problem, Rejected
from mlbuild.frozen import frozen
from mlbuild.params import ListOf, Name, field

if TYPE_CHECKING:
    import polars as pl


@frozen
class Sort(DatasetStep):
    """Sort the rows by columns. Rows that are equal in all of them keep their order.

    Strings are sorted by their code points, and false comes before true. Missing values come last.
    """

    op = "sort"
    discriminator = ("op", "sort")
    rows = "sorted"

    by_: tuple[str, ...] = field(
        ListOf(Name("column"), or_one=True, min_items=1, unique=True),
        "Columns to sort by, the most important one first.",
        key="by",
    )
    descending: tuple[str, ...] = field(
        ListOf(Name("column"), or_one=True, unique=True),
        "Columns of `by` to sort in descending order.",
        default=(),
    )

    def check(self) -> Iterator[Problem]:
        for index, name in enumerate(self.descending):
            if name not in self.by_:
                message = f"'{name}' is in 'descending', but not in 'by'"
                yield Problem("contradiction", message, ("descending", index), "add it to 'by'")

    def infer(self, table: Table, others: Mapping[str, Table], at: Path = ()) -> Table:
        problems = [*unknown_columns("by", self.by_, table)]
        if problems:
            raise Rejected(*problems)
        before = [table.ordered] if table.ordered else []
        nodes = (*table.nodes(self.by_), *before)
        return replace(table, ordered=Decision("", at, nodes, what="rows are sorted"))

    def doubtful(self, table: Table, at: Path) -> Table:
        return table

    def apply(self, rows: pl.DataFrame, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
        descending = [name in self.descending for name in self.by_]
        return rows.sort(self.by_, descending=descending, nulls_last=True, maintain_order=True)
