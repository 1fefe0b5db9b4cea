"""The op `missing_indicator`: says where a column is missing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mlbuild.columns import DTYPES, ColumnType, Schema
from mlbuild.diagnostics import Rejected
from mlbuild.frozen import frozen
from mlbuild.lowering.graph import Graph
from mlbuild.lowering.value import Value
from mlbuild.ops.missing.flags import flag_name, flag_type, flags_of, lowered_flags
from mlbuild.ops.op import Frame, Op, Placement, State
from mlbuild.params import Boolean, field

if TYPE_CHECKING:
    import polars as pl

TAKES = (*DTYPES, "category")


@frozen
class MissingIndicator(Op):
    """Add a bool column named `{column}_missing` that is true where the column is missing.

    It comes right after the column. There is one for each of `columns`, whether or not training rows are missing. The
    op learns nothing.
    """

    op = "missing_indicator"
    columnwise = True

    keep: bool = field(Boolean(), "Whether to keep the original column.", default=True)

    def infer(self, read: Schema) -> Placement:
        problems = [
            self.unsuitable(name, type_, TAKES)
            for name, type_ in read.items()
            if type_.known and type_.dtype not in TAKES
        ]
        if problems:
            raise Rejected(*problems)
        return {name: self._made(name, type_) for name, type_ in read.items()}

    def _made(self, name: str, type_: ColumnType) -> Schema:
        return Schema({name: type_} if self.keep else {}).plus(flag_type(name, type_))

    def apply(self, state: State, rows: Frame, read: Schema) -> list[pl.Series]:
        kept = [rows[name] for name in read] if self.keep else []
        return [*kept, *(flags_of(rows[name]) for name in read)]

    def lower(
        self, state: State, graph: Graph, values: Mapping[str, Value], read: Schema
    ) -> dict[str, Value]:
        flags = {flag_name(name): lowered_flags(graph, value) for name, value in values.items()}
        return {**values, **flags} if self.keep else flags
