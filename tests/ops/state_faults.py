"""Ops with wrong states or declarations: real ones, changed in one place."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import polars as pl

from mlbuild.columns import ColumnType, Schema
from mlbuild.ops.category import Category
from mlbuild.ops.date_parts import DateParts
from mlbuild.ops.impute import Impute
from mlbuild.ops.op import Frame, Op, State, Target
from mlbuild.ops.ordinal import Ordinal
from mlbuild.ops.standard import Standard
from mlbuild.params import Json
from tests.pipeline.target_mean import TargetMean


class FailsWithoutValues(Standard):
    """It learns the mean of no values."""

    def fit_column(self, column: pl.Series, type_: ColumnType, target: Target | None) -> dict[str, float]:
        values = column.drop_nulls().to_list()
        mean = sum(values) / len(values)
        learned = {"mean": float(mean)} if self.with_mean else {}
        return learned | ({"scale": 1.0} if self.with_std else {})


class NotJson(Category):
    """Its state is not JSON."""

    def fit_column(self, column: pl.Series, type_: ColumnType, target: Target | None) -> Any:
        return {*super().fit_column(column, type_, target)}


class InfiniteState(Standard):
    def fit_column(self, column: pl.Series, type_: ColumnType, target: Target | None) -> dict[str, float]:
        return super().fit_column(column, type_, target) | {"limit": math.inf}


class NumbersAsKeys(Impute):
    """Its state changes when it is serialized."""

    def fit_column(self, column: pl.Series, type_: ColumnType, target: Target | None) -> Any:
        return {0: super().fit_column(column, type_, target)}

    def _fill(self, state: Any, type_: ColumnType) -> Any:
        return super()._fill(state[0], type_)


class Remembers(Category):
    """It remembers earlier states on the class."""

    seen: ClassVar[dict[str, list[Any]]] = {}

    def fit_column(self, column: pl.Series, type_: ColumnType, target: Target | None) -> list[Any]:
        known = self.seen.setdefault(type_.dtype, [])
        known += [word for word in super().fit_column(column, type_, target) if word not in known]
        return [*known]

    def apply_column(self, state: list[Any], column: pl.Series, type_: ColumnType) -> pl.Series:
        self.seen.setdefault(type_.dtype, []).extend(column.drop_nulls().unique().to_list())
        return super().apply_column(state, column, type_)


class Chance(Standard):
    def fit_column(self, column: pl.Series, type_: ColumnType, target: Target | None) -> dict[str, float]:
        learned = super().fit_column(column, type_, target)
        return {key: value + np.random.random() * 1e-9 for key, value in learned.items()}


class ForgetsParameters(DateParts):
    """Its canonical parameters lack one that determines the result."""

    def canonical(self, schema: Schema) -> Json:
        return {key: value for key, value in super().canonical(schema).items() if key != "keep"}


class FirstRow(Impute):
    """Its state depends on the order of rows."""

    def fit_column(self, column: pl.Series, type_: ColumnType, target: Target | None) -> Any:
        learned = super().fit_column(column, type_, target)
        return learned if self.strategy != "mean" else float(column.drop_nulls()[0])


class OrderOfAppearance(Category):
    def fit_column(self, column: pl.Series, type_: ColumnType, target: Target | None) -> list[Any]:
        super().fit_column(column, type_, target)
        return column.drop_nulls().unique(maintain_order=True).to_list()


class Together(Standard):
    """It scales all columns by the largest deviation, and claims that it works on each alone."""

    def fit(self, rows: Frame, read: Schema, target: Target | None) -> State:
        learned = super().fit(rows, read, target)
        scales = [one["scale"] for one in learned.values() if "scale" in one]
        return {
            name: one | ({"scale": max(scales)} if "scale" in one else {}) for name, one in learned.items()
        }


class SecretTarget(Impute):
    """It uses the target if it gets it, without declaring this."""

    def fit_column(self, column: pl.Series, type_: ColumnType, target: Target | None) -> Any:
        learned = super().fit_column(column, type_, target)
        if target is not None and isinstance(learned, float):
            return learned + float(target.values[0])
        return learned


class SecretTargetInTrainRows(Standard):
    """Only training rows depend on the target."""

    refits = True

    def apply_fit(
        self, state: State, rows: Frame, read: Schema, target: Target | None
    ) -> Sequence[pl.Series]:
        noise = 0.0 if target is None else pl.Series(target.values.astype(np.float64))
        return [column + noise for column in self.apply(state, rows, read)]


class UnusedTarget(Standard):
    uses_target = True


class UnusedRefit(Impute):
    refits = True


class SecretRefit(TargetMean):
    refits = False


class SelectorInKeys(Ordinal):
    """Its canonical parameters are the selector, so the key does not contain the columns."""

    def canonical(self, schema: Schema) -> Json:
        return super().canonical(schema) | {"columns": {"matches": "*"}}


#: The test that finds each, and its message.
FAULTS: dict[type[Op], tuple[str, str]] = {
    FailsWithoutValues: ("learns_from_little_or_says_why", "ZeroDivisionError"),
    NotJson: ("learns_json", "not JSON serializable"),
    InfiniteState: ("learns_json", "not JSON compliant"),
    NumbersAsKeys: ("learns_json", "KeyError"),
    Remembers: ("repeats_itself", "another state"),
    Chance: ("repeats_itself", "another state"),
    ForgetsParameters: ("survives_being_canonical", "canonical parameters"),
    FirstRow: ("learns_the_same_from_rows_in_another_order", "in another order"),
    OrderOfAppearance: ("learns_the_same_from_rows_in_another_order", "in another order"),
    Together: ("is_columnwise_if_it_says_so", "alone"),
    SecretTarget: ("says_whether_it_uses_the_target", "uses_target is False"),
    SecretTargetInTrainRows: ("says_whether_it_uses_the_target", "uses_target is False"),
    UnusedTarget: ("says_whether_it_uses_the_target", "uses_target is True"),
    UnusedRefit: ("says_whether_it_refits", "refits is True"),
    SecretRefit: ("says_whether_it_refits", "refits is False"),
    SelectorInKeys: ("survives_being_canonical", "other columns"),
}
