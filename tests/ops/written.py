"""Steps as a user writes them, on small tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
import yaml

from mlbuild.columns import ColumnType, Schema
from mlbuild.diagnostics import Problem, Rejected
from mlbuild.ops import OPS
from mlbuild.ops.op import Op
from mlbuild.ops.stages import place, tolerances
from mlbuild.params import read
from tests.ops.rows import applied, as_array, assert_computed, column, fitted, through_graph

Cells = Mapping[str, Sequence[Any]]
TYPES = {op.op: op for op in OPS}


def step(text: str) -> Op:
    """`{op: standard, columns: x}`."""
    mapping = yaml.safe_load(text)
    return read(TYPES[mapping["op"]], mapping)


def schema(**dtypes: str | ColumnType) -> Schema:
    """`x="float?"`: a question mark makes a column nullable."""
    return Schema(
        {
            name: ColumnType(type_.rstrip("?"), type_.endswith("?")) if isinstance(type_, str) else type_
            for name, type_ in dtypes.items()
        }
    )


def table(cells: Cells, columns: Schema) -> pl.DataFrame:
    return pl.DataFrame([column(name, type_.dtype, cells[name]) for name, type_ in columns.items()])


def transformed(
    text: str, train: Cells, later: Cells | None = None, **dtypes: str | ColumnType
) -> dict[str, list[Any]]:
    """Return the columns of `later` (default: the training rows) after one or several steps.

    The graph must compute the same, within the tolerances of the steps.
    """
    columns = schema(**dtypes)
    steps = [step(part) for part in text.split(";")]
    stages = place(steps, columns)
    rows = table(train, columns)
    states, made = fitted(stages, rows)
    if later is not None:
        rows = table(later, columns)
        made = applied(stages, states, rows)
    found = through_graph(stages, states, rows)
    accepted = tolerances(stages, dict.fromkeys(columns, 0.0))
    for name in made.columns:
        assert_computed(as_array(made[name]), found[name], accepted[name])
    return {name: made[name].to_list() for name in made.columns}


def after(text: str, **dtypes: str | ColumnType) -> dict[str, str]:
    """Return the dtypes after one or several steps."""
    stages = place([step(part) for part in text.split(";")], schema(**dtypes))
    return {name: f"{type_.dtype}{'?' * type_.nullable}" for name, type_ in stages[-1].after.items()}


def problems(text: str, **dtypes: str | ColumnType) -> list[tuple[str, str]]:
    """Return what is wrong with one or several steps on such columns: path and message."""
    steps = [step(part) for part in text.split(";")]
    found = [problem.under(index) for index, each in enumerate(steps) for problem in each.check()]
    try:
        place(steps, schema(**dtypes))
    except Rejected as rejected:
        found += rejected.problems
    return [told(problem) for problem in found]


def told(problem: Problem) -> tuple[str, str]:
    return ".".join(str(part) for part in problem.at), problem.message
