"""Rows of values that expressions often compute wrongly."""

from __future__ import annotations

import math
import random
from typing import Any

import polars as pl

from mlbuild.expressions.rows import polars_dtype
from tests import budget
from tests.expressions.sides import SCHEMA

#: Every value with its own rule, and ties.
_VALUES: dict[str, list[Any]] = {
    "float": [
        0.0,
        -0.0,
        1.0,
        -1.0,
        0.5,
        1.5,
        2.5,
        -2.5,
        3.0,
        0.1,
        1e300,
        -1e300,
        5e-324,
        2.0**53,
        math.inf,
        -math.inf,
        1000.0,
        1e-22,
        0.125,
        0.7,
        math.pi,
        -math.pi / 2,
        1e22,
    ],
    "int": [0, 1, -1, 2, 3, 7, -7, 10, 2**53, -(2**53)],
    "bool": [True, False],
    "string": ["", "a", "b", "ab", "a.c", "abc", "été", "A", "a\nb", "日本", "%", "(a|b)x"],
    "date": [
        "2013-10-01",
        "1969-12-31",
        "1970-01-01",
        "2000-02-29",
        "0001-01-01",
        "9999-12-31",
        "2013-01-31",
        "2012-12-30",
        "1900-02-28",
    ],
    "datetime": [
        "2013-10-01 12:30:00",
        "1969-12-31 23:59:59.999999",
        "2013-10-01 00:00:00",
        "2000-02-29 01:02:03",
        "0001-01-01 00:00:00",
        "9999-12-31 23:59:59.999999",
        "2024-12-31 23:00:00",
    ],
}


def hard_rows(count: int) -> pl.DataFrame:
    """Return random rows of the values above, with missing values in nullable columns."""
    chance = random.Random(budget.seed())
    columns: dict[str, Any] = {}
    for name, type_ in SCHEMA.items():
        values = [*_VALUES[type_.dtype], *([None, None] if type_.nullable else [])]
        drawn = pl.Series(name, chance.choices(values, k=count))
        if type_.dtype in ("date", "datetime"):
            drawn = drawn.str.to_datetime(time_unit="us").cast(polars_dtype(type_.dtype))
        columns[name] = drawn.cast(polars_dtype(type_.dtype))
    return pl.DataFrame(columns)
