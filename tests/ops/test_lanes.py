"""Columns that no step combines go through the steps one at a time, so that only a few are held at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl
import pytest

from mlbuild.ops.lanes import lanes
from mlbuild.ops.stages import place
from mlbuild.ops.steps import Fitting, apply_stages
from tests.ops.rows import applied, fitted
from tests.ops.written import after, schema, step, table

TYPES = dict.fromkeys("abcd", "float?")
TRAIN = {"a": [1.0, None, 4.0], "b": [None, 2.0, 6.0], "c": [0.0, 1.0, None], "d": [None, 3.0, 1.0]}
FILL = "{op: impute, columns: {dtype: numeric}, strategy: mean}"


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (FILL, ["a", "b", "c", "d"]),
        (f"{FILL};{{op: standard, columns: [d, b]}}", ["a", "b", "c", "d"]),
        (f"{FILL};{{op: derive, columns: {{e: a + c}}}}", ["ac", "b", "d"]),
        (f"{{op: derive, columns: {{e: a + c}}}};{FILL};{{op: derive, columns: {{f: e + d}}}}", ["acd", "b"]),
        ("{op: derive, columns: {e: a + c, f: b * 2}}", ["abc", "d"]),
    ],
)
def test_steps_bring_columns_together(steps: str, expected: list[str]) -> None:
    stages = place([step(text) for text in steps.split(";")], schema(**TYPES))
    found = lanes(stages, stages[0].before)
    assert ["".join(lane.columns) for lane in found] == expected
    assert all({*leg.read} <= {*stages[leg.index].read} for lane in found for leg in lane.legs)
    behind = [name for lane in found for name in (lane.legs[-1].after if lane.legs else lane.columns)]
    assert sorted(behind) == sorted(after(steps, **TYPES))


class Watched(Mapping[str, pl.Series]):
    """Columns that record when they are read."""

    def __init__(self, rows: pl.DataFrame, events: list[str]) -> None:
        self._rows, self._events = rows, events

    def __getitem__(self, name: str) -> pl.Series:
        self._events.append(f"read {name}")
        return self._rows[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows.columns)

    def __len__(self) -> int:
        return self._rows.width


def test_a_column_is_done_before_the_next_one_is_read() -> None:
    stages = place([step(FILL), step("{op: standard, columns: {dtype: numeric}}")], schema(**TYPES))
    rows = table(TRAIN, schema(**TYPES))
    wanted = [event for name in TYPES for event in (f"read {name}", f"made {name}")]
    events: list[str] = []
    fitting = Fitting(stages, Watched(rows, events))
    for column in fitting.columns():
        events.append(f"made {column.name}")
    assert events == wanted
    events.clear()
    for column in apply_stages(stages, fitting.states, Watched(rows, events)):
        events.append(f"made {column.name}")
    assert events == wanted
    states, made = fitted(stages, rows)
    assert states == fitting.states and made.equals(applied(stages, states, rows))
