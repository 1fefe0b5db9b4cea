"""Converts columns from a file to the dtypes of a contract, exactly or not at all."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from mlbuild.columns import DTYPES, ColumnType, Schema
from mlbuild.moments import DAY, FIRST, LAST, parse_moments

if TYPE_CHECKING:
    import polars as pl

#: Spaces around a value are ignored, except for strings.
_INT = r"^[+-]?[0-9]+(\.0*)?$"
_INFINITE = r"(?i)^[+-]?inf(inity)?$"


def cast(series: pl.Series, dtype: str) -> pl.Series:
    """Convert values to `dtype` (bool Boolean, int Int64, float Float64, string String, date Date, datetime
    Datetime("us")).

    A value that has no exact equivalent in the dtype becomes null. NaN is null.

    From text: a bool is true or false in any case. An int is digits with an optional sign, and a fraction of 0 is
    allowed. A float is in decimal or scientific notation, inf or nan; it is rounded to the nearest float64, but
    must be in range. Dates and datetimes are ISO 8601, and a date is also a datetime at midnight.

    From numbers: an int is an integral number in the range of int64. A float is a number that float64 represents
    exactly. A string can be an int, which is converted to its digits.

    A datetime with an offset is converted to UTC; one without is unchanged. Dates and datetimes have years 1 to
    9999. Bytes are decoded as UTF-8.
    """
    import polars as pl

    if series.dtype == pl.Null:
        return series.cast(polars_type(dtype))
    if isinstance(series.dtype, (pl.Categorical, pl.Enum)):
        series = series.cast(pl.String)
    elif series.dtype == pl.Binary:
        series = _decoded(series)
    elif series.dtype == pl.Object:
        return _each(series, dtype)
    made = _from_text(series, dtype) if series.dtype == pl.String else _from_value(series, dtype)
    return made.alias(series.name)


def polars_type(dtype: str) -> pl.DataType:
    """Return the polars type for a dtype of the contract."""
    import polars as pl

    types: dict[str, pl.DataType] = {
        "bool": pl.Boolean(),
        "int": pl.Int64(),
        "float": pl.Float64(),
        "string": pl.String(),
        "date": pl.Date(),
        "datetime": pl.Datetime("us"),
    }
    return types[dtype]


def schema_of(rows: pl.DataFrame) -> Schema:
    """Return the dtypes of rows, without promises: any value can be missing, and any float infinite."""

    dtypes = {str(polars_type(dtype)): dtype for dtype in DTYPES}
    return Schema(
        {name: ColumnType(dtypes[str(type_)], True, finite=False) for name, type_ in rows.schema.items()}
    )


def _each(series: pl.Series, dtype: str) -> pl.Series:
    """Convert a column of Python objects, each from its own type."""
    import polars as pl

    values = series.to_list()
    made: list[Any] = [None] * len(values)
    types = {
        bool: pl.Boolean(),
        int: pl.Int128(),
        float: pl.Float64(),
        str: pl.String(),
        datetime: pl.Datetime("us"),
    }
    for kind, type_ in types.items():
        places = [place for place, value in enumerate(values) if type(value) is kind and _held(value)]
        part = cast(pl.Series([values[place] for place in places], dtype=type_), dtype)
        for place, value in zip(places, part.to_list(), strict=True):
            made[place] = value
    return pl.Series(series.name, made, polars_type(dtype))


def _held(value: Any) -> bool:
    """Whether a polars column can hold a Python value. Integers can have up to 128 bits."""
    return not isinstance(value, int) or -(2**127) <= value < 2**127


def _decoded(series: pl.Series) -> pl.Series:
    """Decode bytes as text. The result is null for bytes that are not UTF-8."""
    import polars as pl

    try:
        return series.cast(pl.String)
    except pl.exceptions.ComputeError:
        texts = (None if value is None else _utf8(value) for value in series)
        return pl.Series(series.name, texts, pl.String)


def _utf8(value: bytes) -> str | None:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return None


def _from_text(texts: pl.Series, dtype: str) -> pl.Series:
    import polars as pl

    if dtype == "string":
        return texts
    texts = texts.str.strip_chars(" \t")
    if dtype == "bool":
        return texts.str.to_lowercase().replace_strict(
            ["true", "false"], [True, False], default=None, return_dtype=pl.Boolean
        )
    if dtype == "int":
        numbers = texts.cast(pl.Int64, strict=False)
        if numbers.null_count() == texts.null_count():
            return numbers
        return (
            texts.set(~texts.str.contains(_INT), None).str.replace(r"\.0*$", "").cast(pl.Int64, strict=False)
        )
    if dtype == "float":
        numbers = texts.cast(pl.Float64, strict=False)
        infinite = numbers.is_infinite()
        return numbers.set(infinite & ~texts.str.contains(_INFINITE), None) if infinite.any() else numbers
    return _from_moments(parse_moments(texts), dtype)


def _from_value(series: pl.Series, dtype: str) -> pl.Series:
    import polars as pl

    source = series.dtype
    if (
        source.is_temporal()
        and not isinstance(source, (pl.Duration, pl.Time))
        and dtype in ("date", "datetime")
    ):
        return _from_moments(_moments(series), dtype)
    if source.is_numeric() and dtype == "int":
        return _whole(series)
    if source.is_numeric() and dtype == "float":
        return _real(series)
    if source.is_integer() and dtype == "string":
        return series.cast(pl.String)
    if source == pl.Boolean and dtype == "bool":
        return series
    return pl.Series(series.name, [None], polars_type(dtype)).new_from_index(0, len(series))


def present(values: pl.Series) -> pl.Series:
    """Return the values that are not missing, without a query if all are present: wide tables have many columns."""
    return values.drop_nulls() if values.null_count() else values


def nan_as_missing(values: pl.Series) -> pl.Series:
    """Replace NaN by null in a column of floats."""
    import numpy as np

    if not values.null_count() and not np.isnan(values.to_numpy()).any():
        return values
    return values.fill_nan(None)


def _whole(series: pl.Series) -> pl.Series:
    import polars as pl

    if series.dtype.is_integer():
        return series.cast(pl.Int64, strict=False)
    numbers = series.cast(pl.Float64) if series.dtype.is_float() else series
    whole = numbers.cast(pl.Int64, strict=False)
    return whole.set(whole.cast(numbers.dtype, strict=False) != numbers, None)


def _real(series: pl.Series) -> pl.Series:
    import polars as pl

    numbers = series.cast(pl.Float64, strict=False)
    if series.dtype.is_integer():
        return numbers.set(numbers.cast(series.dtype, strict=False).ne_missing(series), None)
    return nan_as_missing(numbers)


def _moments(series: pl.Series) -> pl.Series:
    """Convert to microseconds since 1970 in UTC.

    Null for values with a finer part, or outside the years 1 to 9999.
    """
    import polars as pl

    unit = "day" if series.dtype == pl.Date else getattr(series.dtype, "time_unit", "us")
    counts = series.cast(pl.Int64)
    if unit == "ns":
        return (counts // 1000).set(counts % 1000 != 0, None)
    length = {"day": DAY, "ms": 1000, "us": 1}[unit]
    # Compare before multiplying, which could overflow int64.
    return counts.set(~counts.is_between(FIRST // length, LAST // length), None) * length


def _from_moments(moments: pl.Series, dtype: str) -> pl.Series:
    import polars as pl

    if dtype == "datetime":
        return moments.cast(pl.Datetime("us"))
    return (moments // DAY).set(moments % DAY != 0, None).cast(pl.Int32).cast(pl.Date)
