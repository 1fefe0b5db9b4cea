"""Reads single values of a spec as values of a column."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from mlbuild.moments import DAY, parse_moment

#: What a constant must be, by the dtype of the column.
WORDS = {
    "bool": "true or false",
    "int": "an integer up to 2^53",
    "float": "a finite number",
    "string": "text",
    "date": "a date in quotes, such as '2013-10-01'",
    "datetime": "a datetime in quotes, such as '2013-10-01T06:00'",
}


def read_constant(value: Any, dtype: str) -> Any:
    """Convert a value of a spec to `dtype`, dates and datetimes to microseconds since 1970 UTC.

    None if it does not fit.
    """
    return _READ[dtype](value)


def _bool(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _int(value: Any) -> int | None:
    number = _float(value)
    return int(value) if number is not None and abs(number) <= 2**53 and number == int(number) else None


def _float(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return float(value)


def _string(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _datetime(value: Any) -> int | None:
    return parse_moment(value) if isinstance(value, str) else None


def _date(value: Any) -> int | None:
    moment = _datetime(value)
    return None if moment is None or moment % DAY else moment


_READ: dict[str, Callable[[Any], Any]] = {
    "bool": _bool,
    "int": _int,
    "float": _float,
    "string": _string,
    "date": _date,
    "datetime": _datetime,
}
