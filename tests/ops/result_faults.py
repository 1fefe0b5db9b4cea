"""Ops with wrong results: real ones, changed in one place."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl

from mlbuild.columns import ColumnType, Schema
from mlbuild.lowering.graph import Graph
from mlbuild.lowering.value import Value
from mlbuild.ops.date_parts import DateParts
from mlbuild.ops.derive import Derive
from mlbuild.ops.impute import Impute
from mlbuild.ops.one_hot import OneHot
from mlbuild.ops.op import ADDED, Frame, Op, Placement, State, Target
from mlbuild.ops.ordinal import Ordinal
from mlbuild.ops.standard import Standard
from tests.pipeline.target_mean import TargetMean


class LastBit(Standard):
    """The graph divides, but the rows are multiplied."""

    def lower_column(self, state: Any, graph: Graph, value: Value, type_: ColumnType) -> Value:
        tensor = value.tensor
        if self.with_mean:
            tensor = graph.call("Sub", tensor, graph.constant(state["mean"]))
        if self.with_std:
            tensor = graph.call("Div", tensor, graph.constant(state["scale"]))
        return Value("float", tensor)


class UnknownInTheGraph(Ordinal):
    """The graph gives an unknown value another code."""

    def lower_column(self, state: Any, graph: Graph, value: Value, type_: ColumnType) -> Value:
        codes = super().lower_column(state, graph, value, type_).tensor
        strange = graph.call("Less", codes, graph.constant(0.0))
        return Value("int", graph.call("Where", strange, graph.constant(-1.0), codes))


class WideTolerance(Derive):
    def tolerance(self, read: Schema) -> float:
        return 1e-3


class NeverMissing(Standard):
    """It predicts that nothing is missing."""

    def infer_column(self, name: str, type_: ColumnType) -> ColumnType:
        return super().infer_column(name, type_).with_nullable(False)


class AlwaysFinite(Standard):
    """It predicts that nothing is infinite."""

    def infer_column(self, name: str, type_: ColumnType) -> ColumnType:
        return ColumnType("float", type_.nullable)


class AlwaysDefined(Derive):
    """It predicts that only what is missing makes a result missing: not inf - inf, and not inf * 0."""

    def infer(self, read: Schema) -> Placement:
        finite = Schema({name: replace(type_, finite=True) for name, type_ in read.items()})
        made = {name: typed.type for name, typed in self._bound(finite).items()}
        return {ADDED: Schema({name: replace(type_, finite=False) for name, type_ in made.items()})}


class OtherType(Ordinal):
    def infer_column(self, name: str, type_: ColumnType) -> ColumnType:
        return replace(super().infer_column(name, type_), dtype="float")


class NaNForMissing(Standard):
    def apply_column(self, state: Any, column: pl.Series, type_: ColumnType) -> pl.Series:
        return super().apply_column(state, column, type_).fill_null(float("nan"))


class DropsRows(Standard):
    def apply_column(self, state: Any, column: pl.Series, type_: ColumnType) -> pl.Series:
        return super().apply_column(state, column, type_).drop_nulls()


class OtherNames(DateParts):
    def apply(self, state: State, rows: Frame, read: Schema) -> list[pl.Series]:
        return [column.alias(column.name.upper()) for column in super().apply(state, rows, read)]


class ChangesItsRows(Impute):
    def fit_column(self, column: pl.Series, type_: ColumnType, target: Target | None) -> Any:
        learned = super().fit_column(column, type_, target)
        if len(column) > 1:
            column[0] = column[1]
        return learned


class AppendsToItsRows(Standard):
    def apply_column(self, state: Any, column: pl.Series, type_: ColumnType) -> pl.Series:
        made = super().apply_column(state, column, type_)
        column.append(column[:1])
        return made


class EmptiesItsRows(OneHot):
    def apply(self, state: State, rows: Frame, read: Schema) -> list[pl.Series]:
        made = super().apply(state, rows, read)
        if isinstance(rows, dict):
            rows.clear()
        return made


class ChangesTheTarget(TargetMean):
    def fit(self, rows: Frame, read: Schema, target: Target | None) -> State:
        learned = super().fit(rows, read, target)
        if target is not None:
            target.values.sort()
        return learned


class ChangesItsState(Standard):
    def apply_column(self, state: Any, column: pl.Series, type_: ColumnType) -> pl.Series:
        made = super().apply_column(state, column, type_)
        state["scale"] = 1.0
        return made


class SortsRows(Standard):
    def apply_column(self, state: Any, column: pl.Series, type_: ColumnType) -> pl.Series:
        return super().apply_column(state, column, type_).sort(nulls_last=True)


class LearnsFromRowsToTransform(Standard):
    """It centres rows on their own mean."""

    def apply_column(self, state: Any, column: pl.Series, type_: ColumnType) -> pl.Series:
        return super().apply_column(state, column, type_) + float(len(column))


class FillsForward(Impute):
    """A missing value becomes that of the previous row."""

    def apply_column(self, state: Any, column: pl.Series, type_: ColumnType) -> pl.Series:
        return super().apply_column(state, column.forward_fill(), type_)


class ForgetsAnElement(OneHot):
    def elements(self, state: State) -> dict[str, list[str]]:
        return {name: words[1:] for name, words in super().elements(state).items()}


class ComplainsOfUnknownTypes(DateParts):
    def infer(self, read: Schema) -> Placement:
        known = all(type_.known for type_ in read.values())
        return super().infer(read if known else Schema({name: ColumnType("string") for name in read}))


#: The test that finds each, and its message.
FAULTS: dict[type[Op], tuple[str, str]] = {
    LastBit: ("answers_as_its_graph", "not equal"),
    UnknownInTheGraph: ("answers_as_its_graph", "not equal"),
    WideTolerance: ("states_a_small_tolerance", "hides mistakes"),
    NeverMissing: ("makes_what_it_foretells", "foretold without"),
    AlwaysFinite: ("makes_what_it_foretells", "foretold finite"),
    AlwaysDefined: ("makes_what_it_foretells", "foretold without"),
    OtherType: ("makes_what_it_foretells", "float foretold, Int64 made"),
    NaNForMissing: ("makes_what_it_foretells", "NaN in place"),
    DropsRows: ("makes_what_it_foretells", "rows become"),
    OtherNames: ("makes_what_it_foretells", "foretold, .* made"),
    ChangesItsRows: ("leaves_its_input_alone", "changes its rows"),
    AppendsToItsRows: ("leaves_its_input_alone", "changes its rows"),
    EmptiesItsRows: ("leaves_its_input_alone", "changes its rows"),
    ChangesTheTarget: ("leaves_its_input_alone", "changes the target"),
    ChangesItsState: ("leaves_its_input_alone", "changes the state"),
    SortsRows: ("treats_each_row_alone", "another order of rows"),
    LearnsFromRowsToTransform: ("treats_each_row_alone", "one row alone"),
    FillsForward: ("treats_each_row_alone", "another order of rows"),
    ForgetsAnElement: ("names_the_elements_of_its_vectors", "names of .* numbers"),
    ComplainsOfUnknownTypes: ("is_silent_about_unknown_types", "Rejected"),
}
