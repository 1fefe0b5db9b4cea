"""Columns as they come out of a file, cast to the dtype of a contract: exactly, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlbuild.columns import DTYPES, ColumnType, Schema
from mlbuild.data.moments import DAY, FIRST, LAST, parse_moments

if TYPE_CHECKING:
    import polars as pl

#: Blanks around a value that is not a string are passed over.
_INT = r"^[+-]?[0-9]+(\.0*)?$"
_INFINITE = r"(?i)^[+-]?inf(inity)?$"


def cast(series: pl.Series, dtype: str) -> pl.Series:
    """Values of `dtype` (bool Boolean, int Int64, float Float64, string String, date Date, datetime Datetime("us")).

    What has no exact value of the dtype becomes null. From texts: bool is true or false in any case; int is
    digits with a sign, and a fraction if it is 0; float is decimal or scientific notation, inf and nan, to the
    nearest float64, never beyond the largest; date and datetime are ISO 8601 (a date is a datetime at midnight).
    From numbers: an int is an integral number in the range of int64, a float a number that float64 can hold.
    An int is a string of its digits. NaN is null. A datetime with an offset is in UTC, without one as it stands.
    Dates and datetimes are of the years 1 to 9999. Bytes are the text that they are in UTF-8.
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
    """The polars type of a dtype of the contract."""
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
    """The dtypes of rows, each nullable."""

    dtypes = {str(polars_type(dtype)): dtype for dtype in DTYPES}
    return Schema({name: ColumnType(dtypes[str(type_)], True) for name, type_ in rows.schema.items()})


def _each(series: pl.Series, dtype: str) -> pl.Series:
    """Python's own values, each cast from its own type."""
    import polars as pl

    values = series.to_list()
    made: list[Any] = [None] * len(values)
    types = {bool: pl.Boolean, int: pl.Int128, float: pl.Float64, str: pl.String}
    for kind, type_ in types.items():
        places = [place for place, value in enumerate(values) if type(value) is kind and _held(value)]
        part = cast(pl.Series([values[place] for place in places], dtype=type_), dtype)
        for place, value in zip(places, part.to_list(), strict=True):
            made[place] = value
    return pl.Series(series.name, made, polars_type(dtype))


def _held(value: Any) -> bool:
    """Whether a column can hold a value of Python: a whole number if it has up to 128 bits."""
    return not isinstance(value, int) or -(2**127) <= value < 2**127


def _decoded(series: pl.Series) -> pl.Series:
    """Bytes as texts; null where they are not UTF-8."""
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
        overflow = numbers.is_infinite() & ~texts.str.contains(_INFINITE)
        return numbers.set(overflow, None)
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
    return numbers.fill_nan(None)


def _moments(series: pl.Series) -> pl.Series:
    """Microseconds since 1970 in UTC; null where there is a finer part, or another year than 1 to 9999."""
    import polars as pl

    unit = "day" if series.dtype == pl.Date else getattr(series.dtype, "time_unit", "us")
    counts = series.cast(pl.Int64)
    if unit == "ns":
        return (counts // 1000).set(counts % 1000 != 0, None)
    length = {"day": DAY, "ms": 1000, "us": 1}[unit]
    # Compared before they are multiplied, which could go beyond int64.
    return counts.set(~counts.is_between(FIRST // length, LAST // length), None) * length


def _from_moments(moments: pl.Series, dtype: str) -> pl.Series:
    import polars as pl

    if dtype == "datetime":
        return moments.cast(pl.Datetime("us"))
    return (moments // DAY).set(moments % DAY != 0, None).cast(pl.Int32).cast(pl.Date)
