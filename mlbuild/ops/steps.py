"""Places, fits, applies and lowers a list of steps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlbuild.columns import ColumnType, Schema
from mlbuild.diagnostics import Problem, Rejected
from mlbuild.lowering.graph import Graph
from mlbuild.lowering.value import Value
from mlbuild.ops.op import ADDED, Op, State

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class Stage:
    """A step with its context: the columns that it reads, the columns that it makes, and all columns after it."""

    step: Op
    read: Schema
    made: Schema
    before: Schema
    after: Schema


def place(steps: Sequence[Op], schema: Schema) -> tuple[Stage, ...]:
    """Apply steps to a schema, one after the other, without data.

    Raises:
        Rejected: With the problems of the first step that is not suitable. Paths start with its index.
    """
    stages: list[Stage] = []
    for index, step in enumerate(steps):
        try:
            stages.append(_place_one(step, schema))
        except Rejected as rejected:
            raise Rejected(*(problem.under(index) for problem in rejected.problems)) from None
        schema = stages[-1].after
    return tuple(stages)


def _place_one(step: Op, schema: Schema) -> Stage:
    read = schema.select(step.reads(schema))
    placement = step.infer(read)
    columns: list[tuple[str, ColumnType]] = []
    for name, type_ in schema.items():
        columns.extend(placement[name].items() if name in placement else [(name, type_)])
    columns.extend(placement.get(ADDED, Schema()).items())
    names = [name for name, _ in columns]
    if len({*names}) < len(names):
        clashes = sorted(name for name, count in Counter(names).items() if count > 1)
        raise Rejected(
            *(Problem("duplicate-column", f"the step makes a second column '{name}'") for name in clashes)
        )
    made = Schema({name: type_ for part in placement.values() for name, type_ in part.items()})
    return Stage(step, read, made, schema, Schema(columns))


def fit_stages(
    stages: Sequence[Stage], rows: pl.DataFrame, target: pl.Series, weight: pl.Series | None = None
) -> tuple[tuple[State, ...], pl.DataFrame]:
    """Fit each step on the training rows, after the previous steps have transformed them.

    Returns the states and the transformed training rows.
    """
    states = []
    for stage in stages:
        read = rows[list(stage.read)]
        state = stage.step.fit(read, stage.read, target, weight)
        made = stage.step.apply_fit(state, read, stage.read, target, weight)
        rows = _replaced(stage, rows, made)
        states.append(state)
    return tuple(states), rows


def apply_stages(stages: Sequence[Stage], states: Sequence[State], rows: pl.DataFrame) -> pl.DataFrame:
    """Transform rows with fitted states."""
    for stage, state in zip(stages, states, strict=True):
        made = stage.step.apply(state, rows[list(stage.read)], stage.read)
        rows = _replaced(stage, rows, made)
    return rows


def number_names(stages: Sequence[Stage], states: Sequence[State], matrix: pl.DataFrame) -> list[str]:
    """Return a name for each number of a row, in the order of the matrix.

    `island=Biscoe` is an element of a vector.
    """
    import polars as pl

    elements: dict[str, Sequence[str]] = {}
    for stage, state in zip(stages, states, strict=True):
        made = stage.step.elements(state)
        elements = {name: one for name, one in elements.items() if name not in stage.made} | dict(made)
    names: list[str] = []
    for name, dtype in matrix.schema.items():
        if isinstance(dtype, pl.Array):
            places = elements.get(name, [str(place) for place in range(dtype.size)])
            names += [f"{name}={place}" for place in places]
        else:
            names.append(name)
    return names


def lower_stages(
    stages: Sequence[Stage], states: Sequence[State], graph: Graph, values: Mapping[str, Value]
) -> dict[str, Value]:
    """Build the same transformation in the graph."""
    columns = dict(values)
    for stage, state in zip(stages, states, strict=True):
        made = stage.step.lower(state, graph, {name: columns[name] for name in stage.read}, stage.read)
        columns = {name: made[name] if name in made else columns[name] for name in stage.after}
    return columns


def _replaced(stage: Stage, rows: pl.DataFrame, made: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(made.get_columns())[list(stage.after)]
