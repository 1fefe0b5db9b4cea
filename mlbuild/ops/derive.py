"""The op `derive`: adds columns that are computed from others by SQL expressions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mlbuild.columns import UNKNOWN, ColumnType, Schema
from mlbuild.diagnostics import Problem, Rejected
from mlbuild.expressions.binding import bind
from mlbuild.expressions.typed import Typed
from mlbuild.frozen import frozen
from mlbuild.lowering.graph import Graph
from mlbuild.lowering.value import Value
from mlbuild.ops.op import ADDED, Frame, Op, Placement, State
from mlbuild.params import Expression, Json, MapOf, field

if TYPE_CHECKING:
    import polars as pl

#: Any text that polars does not interpret as a pattern for names.
NAME = r"^(?!\*$)(?!\^.*\$$).+$"


@frozen
class Derive(Op):
    """Add columns that are computed row by row from existing columns.

    The new columns come after all others, sorted by name. The op learns nothing.
    """

    op = "derive"

    columns: Mapping[str, str] = field(  # type: ignore[assignment] # here it names the results, not what is read
        MapOf(Expression(), min_items=1, name_pattern=NAME),
        "New columns by name. Each is a SQL expression over the columns that exist before this step.",
        examples=({"speed": "distance / air_time"},),
    )

    def reads(self, schema: Schema) -> tuple[str, ...]:
        help_ = "choose another name for the new column"
        clashes = [
            Problem(
                "duplicate-column", f"there is already a column '{name}'", ("columns", name), help_, on="key"
            )
            for name in self.columns
            if name in {*schema}
        ]
        if clashes:
            raise Rejected(*clashes)
        used = {name for typed in self._bound(schema).values() for name in typed.names}
        return (*(name for name in schema if name in used), *sorted(used - {*schema}))

    def canonical(self, schema: Schema) -> Json:
        trees = {name: typed.tree for name, typed in self._bound(schema).items()}
        return {"op": self.op, "columns": trees}

    def infer(self, read: Schema) -> Placement:
        return {ADDED: Schema({name: typed.type for name, typed in self._bound(read).items()})}

    def doubtful(self, schema: Schema) -> Schema:
        return schema.plus({name: ColumnType(UNKNOWN) for name in self.columns})

    def tolerance(self, read: Schema) -> float:
        return max(typed.tolerance for typed in self._bound(read).values())

    def apply(self, state: State, rows: Frame, read: Schema) -> list[pl.Series]:
        import polars as pl

        made = (typed.to_polars().alias(name) for name, typed in self._bound(read).items())
        return pl.DataFrame(dict(rows)).select(made).get_columns()

    def lower(
        self, state: State, graph: Graph, values: Mapping[str, Value], read: Schema
    ) -> dict[str, Value]:
        return {name: typed.lower(graph, values) for name, typed in self._bound(read).items()}

    def _bound(self, schema: Schema) -> dict[str, Typed]:
        """Bind the expressions to `schema`; the result is sorted by name.

        Raises:
            Rejected: With the problems of all expressions.
        """
        bound: dict[str, Typed] = {}
        problems: list[Problem] = []
        for name, expression in sorted(self.columns.items()):
            try:
                bound[name] = bind(expression, schema, self.columns)
            except Rejected as rejected:
                problems.extend(problem.under("columns", name) for problem in rejected.problems)
        if problems:
            raise Rejected(*problems)
        return bound
