"""The dataset step `derive`: adds columns that are computed row by row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mlbuild.data.casts import schema_of
from mlbuild.data.contracts import bad_name, unusable
from mlbuild.data.lineage import Computed, Unknown
from mlbuild.data.steps.step import DatasetStep, bind_at
from mlbuild.data.table import Table, TableColumn
from mlbuild.diagnostics import Path, Problem, Rejected
from mlbuild.expressions.binding import bind
from mlbuild.frozen import frozen
from mlbuild.params import Expression, Json, MapOf, field, write

if TYPE_CHECKING:
    import polars as pl


@frozen
class Derive(DatasetStep):
    """Add columns that are computed row by row from the columns before the step."""

    op = "derive"
    discriminator = ("op", "derive")

    columns: Mapping[str, str] = field(
        MapOf(Expression(), min_items=1),
        "New columns by name. Each is a SQL expression over the columns that exist before this step.",
        examples=({"late": "arr_delay > 15"},),
    )

    def infer(self, table: Table, others: Mapping[str, Table], at: Path = ()) -> Table:
        made: dict[str, TableColumn] = {}
        problems: list[Problem] = []
        for name in self.columns:
            try:
                made[name] = self._column(name, table, at)
            except Rejected as rejected:
                problems.extend(rejected.problems)
        if problems:
            raise Rejected(*problems)
        return table.plus(made)

    def doubtful(self, table: Table, at: Path) -> Table:
        return table.plus(
            {name: TableColumn.unknown(Unknown(name, (*at, "columns", name))) for name in self.columns}
        )

    def _column(self, name: str, table: Table, step_at: Path) -> TableColumn:
        at = ("columns", name)
        if unusable(name):
            raise Rejected(bad_name(name, at))
        if table.has(name):
            help_ = "choose another name for the new column"
            message = f"there is already a column '{name}'"
            notes = (table.note(name),)
            raise Rejected(Problem("duplicate-column", message, at, help_, on="key", notes=notes))
        served = bind_at(at, self.columns[name], table.served, self.columns)
        trained = bind_at(at, self.columns[name], table.trained, self.columns)
        inputs = tuple(table.nodes(served.names))
        node = Computed(name, (*step_at, *at), inputs, expression=served)
        # A computed text can be any text, so none can represent a missing value.
        return TableColumn(node, served.type, trained.type, null_token=None)

    def canonical(self, table: Table, slots: Mapping[str, str]) -> Json:
        trees = {name: bind(text, table.served).tree for name, text in self.columns.items()}
        return write(self) | {"columns": trees}

    def apply(self, rows: pl.DataFrame, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
        schema = schema_of(rows)
        return rows.with_columns(
            bind(tree, schema).to_polars().alias(name) for name, tree in self.columns.items()
        )
