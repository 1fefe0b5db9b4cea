"""Aggregates, windows and as-of joins give what their definitions give, computed row by row."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from mlbuild.diagnostics import Failed
from tests.budget import examples, seed, tell
from tests.data import steps_oracle as oracle
from tests.data.tables import run, step


def outcome(compute: Callable[[], Any]) -> Any:
    """Return a result as Python values that are equal only if they are the same, or that there is none."""
    try:
        found = compute()
    except (Failed, oracle.Wrong):
        return "cannot be represented"
    rows = found.rows() if isinstance(found, pl.DataFrame) else found
    return [tuple(repr(value) for value in row) for row in rows]


def check_aggregate(chance: random.Random) -> bool:
    rows, by, calls = oracle.rows_of(chance), oracle.some_keys(chance), oracle.calls(chance, ordered=False)
    columns = {name: oracle.text(call) for name, call in calls.items()}
    made = step(op="aggregate", by=by, columns=columns)
    right = outcome(lambda: oracle.aggregate(rows, by, calls))
    for _ in range(2):
        assert outcome(lambda: run(made, oracle.TABLE, oracle.frame(rows))) == right, (by, columns)
        chance.shuffle(rows)
    return bool(right != "cannot be represented")


@pytest.mark.parametrize("check", [check_aggregate], ids=lambda check: check.__name__.removeprefix("check_"))
def test_a_step_gives_what_its_definition_gives(check: Callable[[random.Random], bool]) -> None:
    count = examples(50, 1_000)
    good = sum(check(random.Random(f"{seed()} {check.__name__} {number}")) for number in range(count))
    assert good > count / 2
    tell(
        f"{check.__name__.removeprefix('check_')}: {count} tables as defined, {count - good} of them refused"
    )
