"""The dataset step `deduplicate`: keeps one of the rows that have the same key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from mlbuild.data.lineage import Decision
from mlbuild.data.steps.step import DatasetStep, unknown_columns
from mlbuild.data.table import Table
from mlbuild.diagnostics import Path, Problem, Rejected
from mlbuild.frozen import frozen
from mlbuild.params import Choice, ListOf, Name, field

if TYPE_CHECKING:
    import polars as pl

_KEEP = {
    "first": "the first row when sorted by `order`, or in the order of the table",
    "last": "the last row when sorted by `order`, or in the order of the table",
}


@frozen
class Deduplicate(DatasetStep):
    """Keep one of the rows that have the same values in the columns `by`, and drop the others.

    A missing value is not equal to anything, so every row with a missing value in one of these columns is kept. The
    remaining rows keep their order, and joins can rely on them being unique.
    """

    op = "deduplicate"
    discriminator = ("op", "deduplicate")

    by_: tuple[str, ...] = field(
        ListOf(Name("column"), or_one=True, min_items=1, unique=True),
        "Columns that identify duplicates: rows with the same values in all of them.",
        key="by",
    )
    order: tuple[str, ...] = field(
        ListOf(Name("column"), or_one=True, unique=True),
        "Columns that determine which row is first, sorted as in `sort`. Missing values come last in each of them, whichever row is kept. Ties are broken by the order of the table.",
        default=(),
    )
    keep: str = field(Choice(_KEEP), "Which of the rows to keep.", default="first")

    def infer(self, table: Table, others: Mapping[str, Table], at: Path = ()) -> Table:
        problems = [*self._problems(table)]
        if problems:
            raise Rejected(*problems)
        by = tuple(table.nodes(self.by_))
        # Where `order` is the same, the order of the rows decides, and an earlier step can have sorted them.
        read = (*by, *table.nodes(self.order), *([table.ordered] if table.ordered else []))
        kept = table.filtered(Decision("", at, read, what="rows are deduplicated"), ())
        return replace(kept, unique=(*table.unique, by), selected=(*table.selected, by))

    def doubtful(self, table: Table, at: Path) -> Table:
        return table

    def apply(self, rows: pl.DataFrame, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
        import polars as pl

        by, order, last = [*self.by_], [*self.order], self.keep == "last"
        # The columns are numbered, because there can be hidden ones with any name.
        keys = [rows[name].alias(f"key{place}") for place, name in enumerate(by)]
        ranks = [rows[name].alias(f"order{place}") for place, name in enumerate(order)]
        numbered = pl.DataFrame([*keys, *ranks]).with_row_index("row")
        if ranks or last:
            columns = [*(rank.name for rank in ranks), "row"]
            numbered = numbered.sort(columns, descending=last, nulls_last=True)
        some = [key.name for key in keys]
        whole = numbered.filter(pl.all_horizontal(pl.col(some).is_not_null()))
        kept = whole.unique(some, keep="first", maintain_order=True)["row"]
        missing = pl.select(pl.any_horizontal(key.is_null() for key in keys)).to_series()
        first = pl.Series(range(rows.height), dtype=pl.UInt32).is_in(kept.implode())
        return rows.filter(first | missing)

    def _problems(self, table: Table) -> Iterator[Problem]:
        yield from unknown_columns("by", self.by_, table)
        yield from unknown_columns("order", self.order, table)
        if all(name in table.columns for name in self.by_) and table.unique_within(self.by_):
            message = f"the rows are already unique in [{', '.join(self.by_)}]"
            yield Problem("no-effect", message, ("by",), "remove the step")
