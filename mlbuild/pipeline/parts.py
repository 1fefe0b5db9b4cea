"""Tables as parts of results: one parquet file for each column, the same bytes for the same values."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from mlbuild.columns import Schema
from mlbuild.diagnostics import data_failure
from mlbuild.engine.graph import Job

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

SPLITS = ("train", "valid", "test")
#: The only part prefix of a dataset that is not split.
WHOLE = "all"

#: The name inside each file, so that a renamed column with the same values is the same file.
_COLUMN = "values"
_ROW_GROUP = 1 << 20


def parts_of(prefixes: Iterable[str], columns: Iterable[str]) -> tuple[str, ...]:
    """The names of the parts that hold these columns under each prefix: `train/carrier`; sorted by column."""
    columns = sorted(columns)
    return tuple(f"{prefix}/{name}" for prefix in prefixes for name in columns)


def write_table(job: Job, prefix: str, rows: pl.DataFrame) -> None:
    """Give each column as a part."""
    for name in rows.columns:
        job.write(f"{prefix}/{name}", encode(rows[name]))


def read_table(job: Job, slot: str, prefix: str, columns: Iterable[str]) -> pl.DataFrame:
    """The columns named, of those given under `prefix`."""
    import polars as pl

    return pl.DataFrame([read_column(job, slot, f"{prefix}/{name}").alias(name) for name in columns])


def read_features(job: Job, slot: str, split: str, features: Schema) -> pl.DataFrame:
    """The feature columns of a split.

    Raises:
        Failed: of kind `data`: a client cannot send a value exactly.
    """
    rows = read_table(job, slot, split, features)
    for name, type_ in features.items():
        if type_.dtype == "int":  # it is sent as a double
            wide = int((~rows[name].is_between(-(2**53), 2**53)).sum())
            _refuse(name, "an integer beyond 2^53", wide, split, "read it as a string")
        if type_.dtype == "string":  # onnxruntime ends a text there
            cut = int(rows[name].str.contains("\0", literal=True).sum())
            _refuse(name, "the character U+0000", cut, split, "remove it from the data")
    return rows


def _refuse(name: str, what: str, count: int, split: str, help_: str) -> None:
    if count:
        counted = "1 row" if count == 1 else f"{count:,} rows"
        message = f"feature '{name}' has {what} in {counted} of {split}; {help_}"
        raise data_failure(message, column=name, rows=count)


def read_column(job: Job, slot: str, part: str) -> pl.Series:
    import polars as pl

    # Polars would take characters of a path for a pattern.
    with job.path(slot, part).open("rb", buffering=0) as file:
        column = pl.read_parquet(file, glob=False, hive_partitioning=False).to_series()
    # One chunk for each column: a learner that takes a frame in several would get a copy of all of it.
    return column.rechunk()


def encode(column: pl.Series) -> bytes:
    """The parquet file of one column: lz4, rechunked, since chunks show in the bytes."""
    import polars as pl

    buffer = io.BytesIO()
    frame = pl.DataFrame({_COLUMN: column.rechunk()})
    frame.write_parquet(buffer, compression="lz4", statistics=False, row_group_size=_ROW_GROUP)
    return buffer.getvalue()


def write_array(job: Job, part: str, array: np.ndarray[Any, Any]) -> None:
    """Give a numpy array as a part, in the `.npy` format."""
    import numpy as np

    buffer = io.BytesIO()
    np.save(buffer, np.ascontiguousarray(array), allow_pickle=False)
    job.write(part, buffer.getvalue())


def read_array(job: Job, slot: str, part: str) -> np.ndarray[Any, Any]:
    import numpy as np

    array: np.ndarray[Any, Any] = np.load(job.path(slot, part), allow_pickle=False)
    return array


def matrix_of(job: Job, slot: str, prefix: str, matrix: Schema) -> pl.DataFrame:
    """The matrix of a split as the learner takes it."""
    return read_table(job, slot, prefix, matrix)
