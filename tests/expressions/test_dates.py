"""The functions of dates, compared with polars and by hand, on rows and in the graph."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from mlbuild.expressions.binding import bind
from tests import budget
from tests.expressions.sides import SCHEMA, by_onnx, by_polars, table

#: Around leap days, the ends of months, years and ISO years, and the ends of the range.
_EDGES = [
    *(datetime(year, month, day) for year in (1900, 2000, 2012, 2013) for month, day in ((2, 28), (3, 1))),
    datetime(2012, 2, 29, 23, 59, 59, 999_999),
    datetime(2012, 12, 30),
    datetime(2012, 12, 31),
    datetime(2013, 1, 1),
    datetime(1969, 12, 31, 23, 59, 59, 999_999),
    datetime(1, 1, 1),
    datetime(9999, 12, 31, 23, 59, 59, 999_999),
]


def _moments(count: int) -> list[datetime | None]:
    chance = random.Random(budget.seed())
    first, last = datetime(1600, 1, 1), datetime(2400, 1, 1)
    return [None, *_EDGES, *(first + chance.random() * (last - first) for _ in range(count))]


ROWS = table(m=_moments(budget.examples(300, 100_000))).with_columns(d=pl.col("m").dt.date())
_M, _D = pl.col("m"), pl.col("d")


def _both(text: str, rows: pl.DataFrame) -> list[Any]:
    typed = bind(text, SCHEMA)
    native = by_polars(typed, rows)
    assert by_onnx(typed, rows) == native
    return native


@pytest.mark.parametrize(
    ("text", "oracle"),
    [
        ("YEAR(m)", _M.dt.year()),
        ("QUARTER(m)", _M.dt.quarter()),
        ("MONTH(d)", _D.dt.month()),
        ("WEEK(d)", _D.dt.week()),
        ("DAY(m)", _M.dt.day()),
        ("DAYOFYEAR(d)", _D.dt.ordinal_day()),
        ("EXTRACT(ISODOW FROM m)", _M.dt.weekday()),
        ("EXTRACT(DOW FROM m)", _M.dt.weekday() % 7),
        ("EXTRACT(DOY FROM m)", _M.dt.ordinal_day()),
        ("EXTRACT(EPOCH FROM d)", _D.cast(pl.Int64).cast(pl.Float64) * 86400.0),
        ("HOUR(m)", _M.dt.hour()),
        ("DATE_PART('minute', m)", _M.dt.minute()),
        ("SECOND(m)", _M.dt.second()),
        ("LAST_DAY(m)", _D.dt.month_end()),
        ("CAST(m AS DATE)", _D),
        ("DATE_TRUNC('year', m)", _M.dt.truncate("1y")),
        ("DATE_TRUNC('quarter', d)", _D.dt.truncate("1q")),
        ("DATE_TRUNC('month', m)", _M.dt.truncate("1mo")),
        ("DATE_TRUNC('day', m)", _M.dt.truncate("1d")),
        ("DATE_TRUNC('hour', m)", _M.dt.truncate("1h")),
        ("DATE_TRUNC('minute', m)", _M.dt.truncate("1m")),
        ("DATE_TRUNC('second', m)", _M.dt.truncate("1s")),
        ("DATE_DIFF('day', DATE '2000-01-01', d)", (_D - date(2000, 1, 1)).dt.total_days()),
        ("DATE_DIFF('year', '1970-06-30', m)", _M.dt.year() - 1970),
        ("DATE_DIFF('quarter', '1970-06-30', m)", _M.dt.year() * 4 + _M.dt.quarter() - (1970 * 4 + 2)),
        ("DATE_DIFF('month', m, '1970-06-30')", 1970 * 12 + 6 - _M.dt.year() * 12 - _M.dt.month()),
        (
            "DATE_DIFF('week', '1970-01-05', d)",
            ((_D.cast(pl.Int64) - _D.dt.weekday().cast(pl.Int64) + 1) - 4) // 7,
        ),
        (
            "DATE_DIFF('hour', '1970-01-01', m)",
            _M.dt.truncate("1h").dt.timestamp("us") // 3_600_000_000,
        ),
        ("DATE_DIFF('second', '1970-01-01', m)", _M.dt.truncate("1s").dt.timestamp("us") // 1_000_000),
    ],
)
def test_parts_and_units_are_those_of_polars(text: str, oracle: pl.Expr) -> None:
    assert _both(text, ROWS) == ROWS.select(oracle.alias("wanted"))["wanted"].to_list()


def test_the_epoch_has_microseconds() -> None:
    micros = [
        None if m is None else (m - datetime(1970, 1, 1)) // timedelta(microseconds=1) for m in ROWS["m"]
    ]
    assert _both("EXTRACT(EPOCH FROM m)", ROWS) == [None if us is None else us / 1e6 for us in micros]


@pytest.mark.parametrize(
    ("text", "offset", "column"),
    [
        ("m + INTERVAL '1' MONTH", "1mo", "m"),
        ("m - INTERVAL '13' MONTHS", "-13mo", "m"),
        ("d + INTERVAL 1 YEAR", "1y", "d"),
        ("d - INTERVAL 3 QUARTERS", "-3q", "d"),
        ("d + INTERVAL -400 DAY", "-400d", "d"),
        ("INTERVAL '2' WEEK + d", "2w", "d"),
        ("m + INTERVAL '90 minutes'", "90m", "m"),
        ("m - INTERVAL 1 SECOND", "-1s", "m"),
    ],
)
def test_intervals_move_dates_as_in_polars(text: str, offset: str, column: str) -> None:
    inside = ROWS.filter((_D.dt.year() > 2) & (_D.dt.year() < 9998) | _D.is_null())
    assert _both(text, inside) == inside[column].dt.offset_by(offset).to_list()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("d + INTERVAL '1' DAY", [date(2013, 2, 1), None, date(1, 1, 2)]),
        ("d - INTERVAL '1' DAY", [date(2013, 1, 30), date(9999, 12, 30), None]),
        ("d + INTERVAL '1' MONTH", [date(2013, 2, 28), None, date(1, 2, 1)]),
        (
            "d + INTERVAL 12 HOURS",
            [datetime(2013, 1, 31, 12), datetime(9999, 12, 31, 12), datetime(1, 1, 1, 12)],
        ),
        ("d + INTERVAL 24 HOURS", [date(2013, 2, 1), None, date(1, 1, 2)]),
        ("d + INTERVAL '97000' YEAR IS NULL", [True, True, True]),
        ("d + INTERVAL '1' MONTH - INTERVAL '1' DAY", [date(2013, 2, 27), None, date(1, 1, 31)]),
    ],
)
def test_a_date_outside_the_years_1_to_9999_is_missing(text: str, expected: list[Any]) -> None:
    assert _both(text, table(d=[date(2013, 1, 31), date(9999, 12, 31), date(1, 1, 1)])) == expected
