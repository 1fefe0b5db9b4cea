"""Tables from databases as files: the same rows give the same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mlbuild.columns import DTYPES
from mlbuild.diagnostics import Failed, data_failure
from mlbuild.moments import DAY, FIRST, LAST
from mlbuild.progress import Report

if TYPE_CHECKING:
    import polars as pl

_ROW_GROUP = 1 << 18


def keep_rows(
    rows: pl.DataFrame,
    what: str,
    unique: Sequence[str],
    file: Path,
    progress: Report,
    advice: str = "convert it in the query",
) -> int:
    """Write the rows that were found, and return their number. `advice` is for columns that cannot be represented.

    Raises:
        Failed: Of kind `data`: there are none, or a column of `what` cannot be represented.
    """
    if rows.is_empty():
        raise data_failure(f"{what} has no rows")
    progress(rows.height, rows.height, "rows")
    write_rows(sorted_rows(representable(rows, advice), unique), file)
    return rows.height


def sorted_rows(rows: pl.DataFrame, unique: Sequence[str]) -> pl.DataFrame:
    """Sort rows by the columns that are unique together; by the others too if that is not enough.

    Rows that are still equal differ in no byte: 0.0 comes after -0.0, although the numbers are equal.
    """
    import polars as pl
    import polars.selectors as cs

    by: list[pl.Expr] = [cs.by_name(name) for name in unique]
    if not by or rows.select(by).is_duplicated().any():
        by += [cs.by_name(name) for name in rows.columns if name not in unique]
        by += [cs.by_name(name).cast(pl.String) for name in rows.select(cs.float()).columns]
    return rows.sort(by, nulls_last=True, maintain_order=False)


def write_rows(rows: pl.DataFrame, file: Path) -> None:
    """Write a table as Parquet. Chunks do not affect the bytes."""
    rows.rechunk().write_parquet(file, compression="lz4", statistics=False, row_group_size=_ROW_GROUP)


def unrepresentable(column: str, type_: object, advice: str = "convert it in the query") -> Failed:
    """Create the failure for a column of a type that no dtype can represent, to be raised."""
    return data_failure(
        f"column '{column}' is of type {type_}, which no dtype can represent; {advice}",
        lines=[f"help: available dtypes: {', '.join(DTYPES)}"],
    )


def representable(rows: pl.DataFrame, advice: str = "convert it in the query") -> pl.DataFrame:
    """Return rows whose values all have types that a contract can convert. Times with a time zone become UTC.

    Raises:
        Failed: Of kind `data`: a column has another type, or dates outside the years 1 to 9999.
    """
    return rows.with_columns(_representable(column, advice) for column in rows)


def _representable(column: pl.Series, advice: str) -> pl.Series:
    import polars as pl

    type_ = column.dtype
    if type_.is_nested() or isinstance(type_, (pl.Duration, pl.Time, pl.Object)):
        raise unrepresentable(column.name, type_, advice)
    if isinstance(type_, (pl.Date, pl.Datetime)):
        first, last = (FIRST // DAY, LAST // DAY) if isinstance(type_, pl.Date) else _bounds(type_)
        wrong = column.to_physical().is_between(first, last).not_().sum()
        if wrong:
            values = "1 value that is" if wrong == 1 else f"{wrong} values that are"
            raise data_failure(
                f"column '{column.name}' has {values} infinite or outside the years 1 to 9999; {advice}"
            )
    if isinstance(type_, pl.Datetime) and type_.time_zone is not None:
        return column.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    return column.cast(pl.String) if isinstance(type_, (pl.Categorical, pl.Enum)) else column


def _bounds(type_: pl.Datetime) -> tuple[int, int]:
    """Return the first and last value of a column of times that is a time of the years 1 to 9999."""
    if type_.time_unit == "ns":  # 64 bits of nanoseconds are years 1677 to 2262
        return -(2**63) + 1, 2**63 - 2
    length = {"ms": 1000, "us": 1}[type_.time_unit]
    return FIRST // length, LAST // length
