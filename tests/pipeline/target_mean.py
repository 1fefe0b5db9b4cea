"""An op for tests: it uses the target, and transforms training rows differently from all others.

`run(...)` is the command line with this op in the catalogue, for a separate process.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

import mlbuild.ops
from mlbuild.columns import ColumnType, Schema
from mlbuild.diagnostics import data_failure
from mlbuild.frozen import frozen
from mlbuild.lowering.graph import Graph
from mlbuild.lowering.operators import ML
from mlbuild.lowering.value import Value
from mlbuild.ops.columnwise import Columnwise
from mlbuild.ops.op import Frame, State, Target


@frozen
class TargetMean(Columnwise):
    """Replace a category by the mean of the target over its training rows; for a training row, over the other rows.

    A missing value, an unknown one, and a category with only that row give the mean of all rows.
    """

    op = "target_mean"
    takes = ("string",)
    uses_target = True
    refits = True

    def infer_column(self, name: str, type_: ColumnType) -> ColumnType:
        return ColumnType("float")

    def fit_column(self, column: pl.Series, type_: ColumnType, target: Target | None) -> dict[str, Any]:
        numbers = _numbers(target)
        found = _by_word(column, numbers)
        if not found:
            message = f"column '{column.name}' has no value in the training rows"
            raise data_failure(message, column=column.name)
        means = [sum(found[word]) / len(found[word]) for word in sorted(found)]
        return {"words": sorted(found), "means": means, "all": float(numbers.mean())}

    def apply_column(self, state: Mapping[str, Any], column: pl.Series, type_: ColumnType) -> pl.Series:
        return column.replace_strict(
            pl.Series(state["words"], dtype=pl.String),
            pl.Series(state["means"], dtype=pl.Float64),
            default=state["all"],
            return_dtype=pl.Float64,
        )

    def apply_fit(
        self, state: State, rows: Frame, read: Schema, target: Target | None
    ) -> Sequence[pl.Series]:
        numbers = _numbers(target)
        made = []
        for name in read:
            found, rest = _by_word(rows[name], numbers), state[name]["all"]
            means = [
                (sum(found[word]) - number) / (len(found[word]) - 1)
                if word is not None and len(found[word]) > 1
                else rest
                for word, number in zip(rows[name], numbers.tolist(), strict=True)
            ]
            made.append(pl.Series(name, means, dtype=pl.Float64))
        return made

    def lower_column(self, state: Mapping[str, Any], graph: Graph, value: Value, type_: ColumnType) -> Value:
        means = graph.call(
            "LabelEncoder",
            value.tensor,
            element="double",
            domain=ML,
            keys_tensor=np.array(state["words"], dtype=object),
            values_tensor=np.array(state["means"], dtype="float64"),
            default_tensor=np.array([state["all"]]),
        )
        if value.absent is None:
            return Value("float", means)
        rest = graph.constant(state["all"])
        return Value("float", graph.call("Where", value.missing(graph), rest, means))


def _by_word(column: pl.Series, numbers: np.ndarray[Any, Any]) -> dict[str, list[float]]:
    """Return the target values of the rows of each category."""
    found: dict[str, list[float]] = {}
    for word, number in zip(column, numbers.tolist(), strict=True):
        if word is not None:
            found.setdefault(word, []).append(number)
    return found


def _numbers(target: Target | None) -> np.ndarray[Any, Any]:
    """Return the target as a learner gets it: class indices, or numbers."""
    assert target is not None
    assert target.values.dtype == (np.int64 if target.classes else np.float64)
    assert not target.classes or {*target.values.tolist()} <= {*range(target.classes)}
    return target.values


def run(*words: str) -> None:
    """Add the op to the catalogue before anything has read it, and run a command."""
    mlbuild.ops.OPS.add("target_mean", "tests.pipeline.target_mean.TargetMean")
    from mlbuild.cli.main import main

    sys.exit(main([*words]))
