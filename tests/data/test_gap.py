"""A gap leaves out the rows just before the valid and the test rows of a time split."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlbuild.diagnostics import Failed
from mlbuild.moments import parse_duration
from tests.budget import examples
from tests.data.tables import split, told

FIRST = datetime(2020, 1, 1)


def parts(hours: list[int], **definition: Any) -> dict[str, list[int]]:
    rows = pl.DataFrame({"at": [FIRST + timedelta(hours=hour) for hour in hours], "hour": hours})
    made = split(type="time", column="at", **definition).parts(rows)
    return {name: part["hour"].to_list() for name, part in made.items()}


@pytest.mark.parametrize(
    ("gap", "expected"),
    [
        (None, ([0, 23], [24, 30, 47], [48])),
        ("1h", ([0], [24, 30], [48])),
        ("60min", ([0], [24, 30], [48])),
        ("3600s", ([0], [24, 30], [48])),
        ("23h", ([0], [24], [48])),
    ],
)
def test_rows_just_before_another_part_are_left_out(gap: str | None, expected: tuple[list[int], ...]) -> None:
    definition = {"valid_from": "2020-01-02", "test_from": "2020-01-03"} | ({"gap": gap} if gap else {})
    assert tuple(parts([0, 23, 24, 30, 47, 48], **definition).values()) == expected


def test_a_gap_of_days_is_for_dates_too() -> None:
    rows = pl.DataFrame({"day": [date(2020, 1, day) for day in range(1, 21)]})
    made = split(type="time", column="day", test_from="2020-01-15", gap="1w").parts(rows)
    assert [part.height for part in made.values()] == [7, 0, 6]


@given(
    st.lists(st.integers(0, 400), min_size=1, max_size=60),
    st.integers(1, 16),
    st.integers(1, 15),
    st.sampled_from(["1h", "5h", "1d", "2d", "1w"]),
)
@settings(max_examples=examples(100, 5_000), deadline=None)
def test_no_part_is_nearer_to_the_next_than_the_gap(
    hours: list[int], first: int, more: int, gap: str
) -> None:
    definition: dict[str, Any] = {"gap": gap, "valid_from": str((FIRST + timedelta(days=first)).date())}
    definition["test_from"] = str((FIRST + timedelta(days=first + more)).date())
    if [*split(type="time", column="at", **definition).check()]:
        assert parse_duration(gap) >= more * 24 * 3_600_000_000
        return
    try:
        made = parts(hours, **definition)
    except Failed:
        return
    width = parse_duration(gap) // 3_600_000_000
    starts = {"valid": first * 24, "test": (first + more) * 24}
    for name, start in starts.items():
        before = [hour for other, held in made.items() for hour in held if hour < start]
        assert all(hour < start - width for hour in before)
        assert all(hour >= start for hour in made[name])
    left_out = {*hours} - {hour for held in made.values() for hour in held}
    assert all(any(start - width <= hour < start for start in starts.values()) for hour in left_out)


def test_a_gap_that_swallows_the_valid_rows_is_told() -> None:
    definition = {"valid_from": "2020-01-02", "test_from": "2020-01-04", "gap": "2d"}
    message = (
        "'gap' leaves no validation rows: it is not shorter than the time from 'valid_from' to 'test_from'"
    )
    assert told(split(type="time", column="at", **definition).check()) == [(message, ("gap",))]
    assert told(split(type="time", column="at", **definition | {"gap": "47h"}).check()) == []


def test_a_gap_that_swallows_the_train_rows_is_a_failure() -> None:
    with pytest.raises(
        Failed, match="the split leaves no rows for training: 2 rows in total, 1 valid, 0 test"
    ):
        parts([0, 24], valid_from="2020-01-02", gap="4w")
