"""The base class of ops that replace each column independently by one column."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from mlbuild.columns import ColumnType, Schema
from mlbuild.diagnostics import Failed, Path, Problem, Rejected, data_failure
from mlbuild.frozen import frozen
from mlbuild.lowering.graph import Graph
from mlbuild.lowering.value import Value
from mlbuild.ops.op import Frame, Op, Placement, State, Target

if TYPE_CHECKING:
    import polars as pl


def no_values(column: pl.Series) -> Failed:
    """Create the failure for a column from which nothing can be learned."""
    return data_failure(f"column '{column.name}' has no values in the training rows", column=column.name)


@frozen
class Columnwise(Op):
    """An op that is defined by its effect on one column.

    Its state maps each column name to the state of the column.
    """

    columnwise = True
    #: The dtypes of the columns that the op accepts.
    takes: ClassVar[tuple[str, ...]]

    def infer(self, read: Schema) -> Placement:
        made: dict[str, Schema] = {}
        problems: list[Problem] = []
        for name, type_ in read.items():
            try:
                made[name] = Schema({name: self._infer_known(name, type_) if type_.known else type_})
            except Rejected as rejected:
                problems.extend(rejected.problems)
        if problems:
            raise Rejected(*_by_place(problems))
        return made

    def _infer_known(self, name: str, type_: ColumnType) -> ColumnType:
        if type_.dtype not in self.takes:
            raise Rejected(self.unsuitable(name, type_, self.takes))
        return self.infer_column(name, type_)

    def fit(self, rows: Frame, read: Schema, target: Target | None) -> State:
        return {name: self.fit_column(rows[name], type_, target) for name, type_ in read.items()}

    def apply(self, state: State, rows: Frame, read: Schema) -> list[pl.Series]:
        return [self.apply_column(state[name], rows[name], type_) for name, type_ in read.items()]

    def lower(
        self, state: State, graph: Graph, values: Mapping[str, Value], read: Schema
    ) -> dict[str, Value]:
        return {
            name: self.lower_column(state[name], graph, values[name], type_) for name, type_ in read.items()
        }

    def infer_column(self, name: str, type_: ColumnType) -> ColumnType:
        """Return the type of the resulting column; `type_` has one of the dtypes in `takes`.

        Raises:
            Rejected: The column is not suitable for another reason. Paths start at this step.
        """
        raise NotImplementedError

    def fit_column(self, column: pl.Series, type_: ColumnType, target: Target | None) -> Any:
        """Return the state of a column, as JSON, from its training rows.

        `target` is None unless the class says `uses_target`.

        Raises:
            Failed: Of kind `data`: nothing can be learned from these rows.
        """
        raise NotImplementedError

    def apply_column(self, state: Any, column: pl.Series, type_: ColumnType) -> pl.Series:
        """Return the resulting column, with the same name."""
        raise NotImplementedError

    def lower_column(self, state: Any, graph: Graph, value: Value, type_: ColumnType) -> Value:
        """Do the same in the graph."""
        raise NotImplementedError


def _by_place(problems: Iterable[Problem]) -> Iterator[Problem]:
    """Keep one problem per position: a selector or a value that is wrong for several columns is one mistake."""
    places: dict[tuple[str, Path], list[Problem]] = {}
    for problem in problems:
        places.setdefault((problem.code, problem.at), []).append(problem)
    for first, *others in places.values():
        count = f"{len(others)} other column{'' if len(others) == 1 else 's'}"
        yield (replace(first, message=f"{first.message} (same for {count})") if others else first)
