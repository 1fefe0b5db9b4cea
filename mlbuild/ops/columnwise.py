"""The base of ops that work on each column by itself and put one column in its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlbuild.columns import ColumnType, Schema
from mlbuild.diagnostics import Problem, Rejected
from mlbuild.lowering.graph import Graph
from mlbuild.lowering.value import Value
from mlbuild.ops.op import Op, Placement, State

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class Columnwise(Op):
    """An op given by what it does to one column; its state is a map from columns to what each learned."""

    def infer(self, read: Schema) -> Placement:
        made: dict[str, Schema] = {}
        problems: list[Problem] = []
        for name, type_ in read.items():
            try:
                made[name] = Schema({name: self.infer_column(name, type_) if type_.known else type_})
            except Rejected as rejected:
                problems.extend(rejected.problems)
        if problems:
            raise Rejected(*problems)
        return made

    def fit(self, rows: pl.DataFrame, read: Schema, target: pl.Series, weight: pl.Series | None) -> State:
        return {name: self.fit_column(rows[name], type_) for name, type_ in read.items()}

    def apply(self, state: State, rows: pl.DataFrame, read: Schema) -> pl.DataFrame:
        columns = [self.apply_column(state[name], rows[name], type_) for name, type_ in read.items()]
        return rows.with_columns(columns)

    def lower(
        self, state: State, graph: Graph, values: Mapping[str, Value], read: Schema
    ) -> dict[str, Value]:
        return {
            name: self.lower_column(state[name], graph, values[name], type_) for name, type_ in read.items()
        }

    def infer_column(self, name: str, type_: ColumnType) -> ColumnType:
        """The type that a column of this type becomes.

        Raises:
            Rejected: the type does not suit; paths start at the step.
        """
        raise NotImplementedError

    def fit_column(self, column: pl.Series, type_: ColumnType) -> Any:
        """What is learned from the column's train rows, as JSON."""
        raise NotImplementedError

    def apply_column(self, state: Any, column: pl.Series, type_: ColumnType) -> pl.Series:
        """What the column becomes, under the same name."""
        raise NotImplementedError

    def lower_column(self, state: Any, graph: Graph, value: Value, type_: ColumnType) -> Value:
        """The same in the graph."""
        raise NotImplementedError
