"""The dataset step `select`: keeps some columns and drops the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from mlbuild.data.steps.step import DatasetStep
from mlbuild.data.table import Table, TableColumn
from mlbuild.diagnostics import Path, Problem, Rejected
from mlbuild.frozen import frozen
from mlbuild.params import Json, field, write
from mlbuild.selection import ColumnSelection, Selector

if TYPE_CHECKING:
    import polars as pl


@frozen
class Select(DatasetStep):
    """Keep some columns and drop all others. A dropped name can be used again.

    Columns that were computed from a dropped column do not change. If a feature depends on a dropped column, it is
    still an input of the artifact. Dropping a column does not hide the target, or a column that is
    not known at prediction time.
    """

    op = "select"
    discriminator = ("op", "select")

    columns: Selector = field(
        ColumnSelection(),
        "Columns to keep: a name, a list of names or a selector.",
        examples=({"except": "note"},),
    )

    def infer(self, table: Table, others: Mapping[str, Table], at: Path = ()) -> Table:
        dropped = self._dropped(table)
        if not dropped and self.columns.names is None and table.others is None:
            help_ = "use a list of names, or remove the step"
            raise Rejected(Problem("no-effect", "the selector drops no column", ("columns",), help_))
        return table.without(dropped, at)

    def doubtful(self, table: Table, at: Path) -> Table:
        """A column that is not named may have been meant by an unknown name."""
        named = {*(self.columns.names or ())}
        unsure = {
            name: TableColumn.unknown(column.node, sure=False)
            for name, column in table.columns.items()
            if name not in named
        }
        return table.plus(unsure)

    def canonical(self, table: Table, slots: Mapping[str, str]) -> Json:
        return write(replace(self, columns=Selector(excluded=tuple(sorted(self._dropped(table))))))

    def apply(self, rows: pl.DataFrame, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
        return rows.drop(self.columns.excluded)

    def _dropped(self, table: Table) -> list[str]:
        try:
            kept = {*self.columns.resolve(table.served)}
        except Rejected as rejected:
            raise Rejected(*(problem.under("columns") for problem in rejected.problems)) from None
        return [name for name in table.columns if name not in kept]
