"""Aggregates, windows and as-of joins give what their definitions give, computed row by row."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from mlbuild.diagnostics import Failed
from tests.budget import examples, seed, tell
from tests.data import steps_oracle as oracle
from tests.data.tables import run, step, table


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


_DURATIONS = {"1h": 1, "5h": 5, "1d": 24, "36h": 36, "3d": 72}


def check_window(chance: random.Random) -> bool:
    rows, by, calls = oracle.rows_of(chance), oracle.some_keys(chance), oracle.calls(chance, ordered=True)
    time = chance.choice(["t", "t", "day", "d"])
    last: Any = chance.choice([None, 1, 2, 5, *_DURATIONS])
    known = chance.choice([None, None, "0h", "1h", "1d"])
    hours = _DURATIONS | {"0h": 0}
    if last in _DURATIONS and known and hours[last] < hours[known]:
        known = None
    columns = {name: oracle.text(call) for name, call in calls.items()}
    definition = {"op": "window", "by": by, "time": time, "columns": columns}
    definition |= {key: value for key, value in (("last", last), ("known_after", known)) if value is not None}
    made = step(**definition)
    reach = timedelta(hours=hours[last]) if isinstance(last, str) else last
    delay = None if known is None else timedelta(hours=hours[known])

    def values() -> Any:
        return run(made, oracle.TABLE, oracle.frame(rows)).select([*calls])

    right = outcome(lambda: oracle.window(rows, by, time, reach, delay, calls))
    assert outcome(values) == right, definition
    if right == "cannot be represented":
        return False
    # Neither the order of rows nor rows that are added later change anything.
    times = [row[time] for row in rows if row[time] is not None]
    numbered = [*enumerate(rows)]
    later = [
        row for row in oracle.rows_of(chance) if times and (row[time] is None or row[time] >= max(times))
    ]
    mixed = numbered + [(-1, row | {"x": None, "n": None}) for row in later]
    chance.shuffle(mixed)
    rows = [row for _, row in mixed]
    assert [
        value
        for _, value in sorted(zip((number for number, _ in mixed), outcome(values), strict=True))
        if _ >= 0
    ] == right, definition
    return True


def check_asof(chance: random.Random) -> bool:
    by = chance.choice([["k"], ["g"], ["k", "g"]])
    times = chance.choice(["t", "day", "d"]), chance.choice(["t", "day", "d"])
    rows, others = oracle.rows_of(chance), oracle.single(oracle.rows_of(chance), [*by, times[1]])
    tolerance = chance.choice([None, *_DURATIONS])
    known = chance.choice([None, None, "0h", "1h", "1d"])
    hours = _DURATIONS | {"0h": 0}
    if tolerance and known and hours[tolerance] < hours[known]:
        known = None
    definition = {"op": "asof_join", "with": "other", "by": by, "time": times[0], "their_time": times[1]}
    more = {"tolerance": tolerance, "known_after": known}
    definition |= {key: value for key, value in more.items() if value is not None}
    made = step(**definition, prefix="its_")
    there = table(oracle.COLUMNS, unique=[*by, times[1]])
    reach, delay = (None if one is None else timedelta(hours=hours[one]) for one in more.values())
    for _ in range(2):
        right = oracle.asof(rows, others, by, times, reach, delay)
        found = run(made, oracle.TABLE, oracle.frame(rows), other=(there, oracle.frame(others)))
        assert found.select([*oracle.SCHEMA]).equals(oracle.frame(rows))
        assert outcome(found[:, len(oracle.SCHEMA) :].rows) == outcome([*right].copy), definition
        # Neither the order of rows nor rows of the other table that are added later change anything.
        chance.shuffle(rows)
        chance.shuffle(others)
        moments = [oracle.moment(row[times[0]]) for row in rows if row[times[0]] is not None]
        last = max(moments, default=oracle.moment(date.max))
        late = [row for row in oracle.rows_of(chance) if row[times[1]] is not None]
        later = [row for row in late if oracle.moment(row[times[1]]) >= last]
        others = oracle.single([*others, *later], [*by, times[1]])
    return True


@pytest.mark.parametrize(
    "check",
    [check_aggregate, check_window, check_asof],
    ids=lambda check: check.__name__.removeprefix("check_"),
)
def test_a_step_gives_what_its_definition_gives(check: Callable[[random.Random], bool]) -> None:
    count = examples(50, 1_000)
    good = sum(check(random.Random(f"{seed()} {check.__name__} {number}")) for number in range(count))
    assert good > count / 2
    tell(
        f"{check.__name__.removeprefix('check_')}: {count} tables as defined, {count - good} of them refused"
    )
