from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest

from mlbuild.lowering.value import NAT
from mlbuild.ops.times.time_zone import fit_offsets
from tests import budget
from tests.ops.written import after, problems, transformed

SECOND = 1_000_000
DAY = 86_400 * SECOND


def parts(*names: str, of: Sequence[object], dtype: str = "datetime?", more: str = "") -> list[list[object]]:
    """Return the parts of each value."""
    text = f"{{op: date_parts, columns: t, parts: [{', '.join(names)}]{more}}}"
    made = transformed(text, {"t": of}, t=dtype)
    assert list(made) == [f"t_{name}" for name in names]
    return list(made.values())


def test_a_time_is_taken_apart() -> None:
    names = "year quarter month week day weekday day_of_year days_in_month hour minute second".split()
    time = datetime(2012, 12, 31, 23, 59, 58, 999_999)
    assert parts(*names, of=[time]) == [[2012], [4], [12], [1], [31], [1], [366], [31], [23], [59], [58]]


def test_parts_of_a_missing_value_are_missing() -> None:
    assert parts("month", "day", of=[None, date(2013, 2, 3)], dtype="date?") == [[None, 2], [None, 3]]


@pytest.mark.parametrize(
    ("day", "week"),
    [
        (date(2012, 1, 1), 52),
        (date(2012, 1, 2), 1),
        (date(2015, 12, 31), 53),
        (date(2016, 1, 3), 53),
        (date(2018, 12, 31), 1),
    ],
)
def test_weeks_are_those_of_iso_8601(day: date, week: int) -> None:
    assert parts("week", of=[day], dtype="date?") == [[week]]


@pytest.mark.parametrize(
    ("month", "length"), [((1900, 2), 28), ((2000, 2), 29), ((2012, 2), 29), ((2013, 2), 28), ((2013, 4), 30)]
)
def test_months_have_their_length(month: tuple[int, int], length: int) -> None:
    assert parts("days_in_month", of=[date(*month, 1)], dtype="date?") == [[length]]


def test_every_part_is_that_of_polars_from_year_1_to_9999() -> None:
    random = np.random.default_rng(budget.seed())
    low, high = -719_162 * DAY, 2_932_897 * DAY - 1
    edges = random.integers(-719_162, 2_932_896, 500) * DAY
    near = np.concatenate([edges, edges - 1])
    times = np.concatenate([near, random.integers(low, high, budget.examples(2_000, 1_000_000))]).clip(
        low, high
    )
    column = pl.Series("t", times).cast(pl.Datetime("us"))
    expected = {
        "year": column.dt.year(),
        "quarter": column.dt.quarter(),
        "month": column.dt.month(),
        "week": column.dt.week(),
        "day": column.dt.day(),
        "weekday": column.dt.weekday(),
        "day_of_year": column.dt.ordinal_day(),
        "days_in_month": column.dt.days_in_month(),
        "hour": column.dt.hour(),
        "minute": column.dt.minute(),
        "second": column.dt.second(),
    }
    made = parts(*expected, of=times.tolist())
    assert made == [part.to_list() for part in expected.values()]


def test_instants_beyond_all_calendars_have_parts_too() -> None:
    extremes = [NAT + 1, -36_000_000 * DAY, 36_000_000 * DAY, 2**63 - 1]
    years = parts("year", "hour", of=extremes)
    assert years == [[-96_595, -96_595, 100_534, 100_534], [0, 0, 0, 0]]


@pytest.mark.parametrize(
    ("zone", "utc", "clock"),
    [
        ("America/New_York", datetime(2013, 3, 10, 6, 59, 59), (2013, 3, 10, 1, 59)),
        ("America/New_York", datetime(2013, 3, 10, 7, 0, 0), (2013, 3, 10, 3, 0)),
        ("America/New_York", datetime(2013, 11, 3, 5, 59, 59), (2013, 11, 3, 1, 59)),
        ("America/New_York", datetime(2013, 11, 3, 6, 0, 0), (2013, 11, 3, 1, 0)),
        ("Asia/Kolkata", datetime(2013, 12, 31, 18, 30), (2014, 1, 1, 0, 0)),
        ("UTC", datetime(2013, 12, 31, 18, 30), (2013, 12, 31, 18, 30)),
    ],
)
def test_a_time_zone_shows_its_wall_clock(zone: str, utc: datetime, clock: tuple[int, ...]) -> None:
    made = parts("year", "month", "day", "hour", "minute", of=[utc], more=f", time_zone: {zone}")
    assert made == [[part] for part in clock]


@pytest.mark.parametrize(
    "zone",
    ["America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Africa/Casablanca", "Africa/Monrovia"],
)
def test_wall_clocks_are_those_of_the_time_zone_database(zone: str) -> None:
    random = np.random.default_rng(budget.seed())
    found = [time for time in fit_offsets(zone).transitions if 0 <= time < 2_000_000_000]
    around = [time + step for time in found for step in (-1, 0, 1)]
    seconds = [*around, *random.integers(-2_000_000_000, 2_000_000_000, 500).tolist()]
    made = parts(
        "day", "hour", "minute", "second", of=[time * SECOND for time in seconds], more=f", time_zone: {zone}"
    )
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    clocks = [(epoch + timedelta(seconds=time)).astimezone(ZoneInfo(zone)) for time in seconds]
    assert list(zip(*made, strict=True)) == [(c.day, c.hour, c.minute, c.second) for c in clocks]


def test_parts_stand_where_the_column_stood() -> None:
    text = "{op: date_parts, columns: t, parts: [month, hour]}"
    assert list(after(text, a="int", t="datetime?", b="int").items()) == [
        ("a", "int"),
        ("t_month", "int?"),
        ("t_hour", "int?"),
        ("b", "int"),
    ]


def test_keep_keeps_the_column_before_its_parts() -> None:
    text = "{op: date_parts, columns: t, parts: month, keep: true}"
    assert after(text, t="date", b="int") == {"t": "date", "t_month": "int", "b": "int"}
    assert transformed(text, {"t": [date(2013, 5, 1)], "b": [1]}, t="date", b="int") == {
        "t": [date(2013, 5, 1)],
        "t_month": [5],
        "b": [1],
    }


def test_a_date_has_no_clock() -> None:
    text = "{op: date_parts, columns: [d, t], parts: [month, hour], time_zone: Europe/Berlin}"
    assert problems(text, d="date", t="datetime") == [
        ("0.parts.1", "column 'd' is a date, which has no hour"),
        ("0.time_zone", "column 'd' is a date, which has no time zone"),
    ]


def test_text_has_no_parts() -> None:
    assert problems("{op: date_parts, columns: s, parts: month}", s="string") == [
        ("0.columns", "'date_parts' takes date or datetime, but column 's' is string")
    ]


@pytest.mark.parametrize(
    "zone", ["America/New_Yrok", "../etc/passwd", "Mars", "localtime", "Factory", "right/UTC"]
)
def test_an_unknown_time_zone_is_refused(zone: str) -> None:
    text = f"{{op: date_parts, columns: t, parts: hour, time_zone: {zone}}}"
    assert problems(text, t="datetime") == [("0.time_zone", f"unknown time zone '{zone}'")]


def test_a_part_cannot_have_the_name_of_a_column() -> None:
    text = "{op: date_parts, columns: t, parts: [month, hour]}"
    assert problems(text, t="datetime", t_hour="int") == [
        ("0", "the step would add a second column 't_hour'")
    ]
