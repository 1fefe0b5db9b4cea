"""What the steps share that look back in time: groups of rows with the same key, and times as numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from mlbuild.columns import TEMPORAL
from mlbuild.data.table import Table
from mlbuild.diagnostics import Path, Problem

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    Numbers = np.ndarray[Any, Any]


def untimely(table: Table, name: str, at: Path, of: str = "") -> Iterator[Problem]:
    """Report a column that is neither a date nor a datetime. `of` is the name of the table, if it is not this one."""
    type_ = table.columns[name].served
    if type_.known and type_.dtype not in TEMPORAL:
        called = f"'{name}'" + (f" of '{of}'" if of else "")
        message = f"{called} is of dtype {type_.dtype}, but only a date or datetime says what is earlier"
        yield Problem("wrong-dtype", message, at, notes=(table.note(name, of),))


def row_groups(rows: pl.DataFrame, by: Sequence[str]) -> Numbers:
    """Return a number for the key of each row, the same for equal keys; -1 if a part of the key is missing."""
    import numpy as np
    import polars as pl

    keys = pl.DataFrame([rows[name].alias(str(place)) for place, name in enumerate(by)])
    each = keys.unique(maintain_order=True).drop_nulls().with_row_index("number")
    found = keys.join(each, on=[str(place) for place in range(len(by))], how="left", maintain_order="left")
    # A copy, because polars shares its memory only for reading.
    return found["number"].cast(pl.Int64).fill_null(-1).to_numpy().astype(np.int64)


def times_of(rows: pl.DataFrame, name: str) -> Numbers:
    """Return the times of a date or datetime in microseconds since 1970; any number where it is missing."""
    import numpy as np
    import polars as pl

    return rows[name].cast(pl.Datetime("us")).cast(pl.Int64).fill_null(0).to_numpy().astype(np.int64)
