"""The dataset step `deduplicate`: keeps the first of several rows with the same key."""

from __future__ import annotations

from mlbuild.frozen import frozen

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from mlbuild.data.lineage import Decision
from mlbuild.data.steps.step import DatasetStep
from mlbuild.data.table import Table
from mlbuild.diagnostics import Path, Problem, Rejected
from mlbuild.hints import did_you_mean
from mlbuild.params import ListOf, Name, field

if TYPE_CHECKING:
    import polars as pl


@frozen
class Deduplicate(DatasetStep):
    """Keep the first of several rows with the same values in some columns. Missing values are equal."""

    op = "deduplicate"
    discriminator = ("op", "deduplicate")

    key: tuple[str, ...] = field(
        ListOf(Name("column"), or_one=True, min_items=1, unique=True),
        "Columns that identify a row.",
        examples=(["id"],),
    )

    def infer(self, table: Table, others: Mapping[str, Table], at: Path = ()) -> Table:
        unknown = [
            Problem("unknown-column", f"unknown column '{name}'", ("key", index), did_you_mean(name, table.columns))
            for index, name in enumerate(self.key)
            if name not in table.columns
        ]  # fmt: skip
        if unknown:
            raise Rejected(*unknown)
        nodes = tuple(table.nodes(self.key))
        kept = table.filtered(Decision("", at, nodes, what="rows are deduplicated"), ())
        return replace(kept, unique=(*table.unique, nodes))

    def doubtful(self, table: Table, at: Path) -> Table:
        return table

    def apply(self, rows: pl.DataFrame, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
        return rows.unique(list(self.key), keep="first", maintain_order=True)
