"""The dataset step `rename`: renames columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from mlbuild.data.contracts import bad_name, unusable
from mlbuild.data.lineage import Unknown
from mlbuild.data.steps.step import DatasetStep, near
from mlbuild.data.table import Table, TableColumn
from mlbuild.diagnostics import Path, Problem, Rejected
from mlbuild.frozen import frozen
from mlbuild.params import MapOf, Name, Text, field

if TYPE_CHECKING:
    import polars as pl


@frozen
class Rename(DatasetStep):
    """Rename columns. All renames happen at once, so two columns can swap names.

    If a column is an input of the artifact, the input has the name that the column has at the end of the dataset.
    """

    op = "rename"
    discriminator = ("op", "rename")

    columns: Mapping[str, str] = field(
        MapOf(Text(), min_items=1, names=Name("column")),
        "New names by current name.",
        examples=({"dep_delay": "delay"},),
    )

    def infer(self, table: Table, others: Mapping[str, Table], at: Path = ()) -> Table:
        problems = [*self._problems(table)]
        if problems:
            raise Rejected(*problems)
        return table.renamed(self.columns)

    def doubtful(self, table: Table, at: Path) -> Table:
        """The new names exist, with unknown type. The old names may be typing errors for others."""
        new = {name: TableColumn.unknown(Unknown(name, at)) for name in self.columns.values()}
        present = {
            name: TableColumn.unknown(table.columns[name].node, sure=False)
            for name in self.columns
            if name in table.columns
        }
        return table.plus(present | new)

    def apply(self, rows: pl.DataFrame, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
        return rows.rename(dict(self.columns))

    def _problems(self, table: Table) -> Iterator[Problem]:
        first: dict[str, str] = {}
        for name, new in self.columns.items():
            at = ("columns", name)
            if name not in table.columns:
                message = f"unknown column '{name}'"
                yield Problem("unknown-column", message, at, near(name, table), on="key")
            elif new == name:
                yield Problem("no-effect", f"'{name}' already has that name", at, "remove it")
            elif unusable(new):
                yield bad_name(new, at, on="value")
            elif new in first:
                message = f"'{first[new]}' and '{name}' would both be renamed to '{new}'"
                yield Problem("duplicate-column", message, at, "choose another name for one of them")
            elif table.has(new) and new not in self.columns:
                message = f"there is already a column '{new}'"
                help_ = "choose another name for one of them"
                yield Problem("duplicate-column", message, at, help_, notes=(table.note(new),))
            first.setdefault(new, name)
