"""Tables as parts of results: one parquet file for each column, the same bytes for the same values."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from mlbuild.data.table import Dropped
from mlbuild.engine.graph import Job

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

T = TypeVar("T")
SPLITS = ("train", "valid", "test")
#: The only part prefix of a dataset that is not split.
WHOLE = "all"

#: The name inside each file, so that a renamed column with the same values is the same file.
_COLUMN = "values"
_ROW_GROUP = 1 << 20
#: How much is read or written in one query.
BLOCK_BYTES = 1 << 25


def parts_of(prefixes: Iterable[str], columns: Iterable[str]) -> tuple[str, ...]:
    """The names of the parts that hold these columns under each prefix: `train/carrier`; sorted by column."""
    columns = sorted(columns)
    return tuple(f"{prefix}/{name}" for prefix in prefixes for name in columns)


def place_of(part: str) -> tuple[str, str]:
    """The split whose rows a part holds and the column, whose name can have any character: `train`, `km/h`."""
    prefix, _, column = part.partition("/")
    return prefix.partition(".")[0], column


def kept_under(dropped: Dropped) -> str:
    """What a dropped column is kept under; others of its name, dropped before, have other places.

    Behind the name of a split and a dot it is the part that holds the column: `train.serve/carrier`.
    """
    return f"serve{dropped.before + 1 if dropped.before else ''}/{dropped.name}"


def kept_parts(kept: Iterable[Dropped]) -> tuple[str, ...]:
    """The names of the parts that hold dropped columns, of every split."""
    names = sorted(map(kept_under, kept))
    return tuple(f"{split}.{name}" for split in SPLITS for name in names)


def write_table(job: Job, prefix: str, columns: Iterable[pl.Series]) -> None:
    """Give each column as a part."""
    write_columns(job, ((f"{prefix}/{column.name}", column) for column in columns))


def write_columns(job: Job, parts: Iterable[tuple[str, pl.Series]]) -> None:
    """Give columns as parts, each with the name of its part; they are let go as they are written."""
    for block in _blocks(parts, lambda item: item[1].estimated_size()):
        for part, content in zip(
            [part for part, _ in block], encoded([column for _, column in block]), strict=True
        ):
            job.write(part, content)


def read_table(job: Job, slot: str, prefix: str, columns: Iterable[str]) -> pl.DataFrame:
    """The columns named, of those given under `prefix`."""
    return read_columns(job, {name: (slot, f"{prefix}/{name}") for name in columns})


def read_columns(job: Job, parts: Mapping[str, tuple[str, str]]) -> pl.DataFrame:
    """Columns by name, each from a part of an input.

    They are read in one query: for a table of thousands of columns, a query each would cost more than the data.
    """
    import polars as pl

    columns: list[pl.Series] = []
    # As bytes, since polars would take characters of a path for a pattern.
    for block in _blocks((job.path(*part) for part in parts.values()), lambda path: path.stat().st_size):
        scans = [pl.scan_parquet(io.BytesIO(path.read_bytes())) for path in block]
        # One chunk for each column: a learner that takes a frame in several would get a copy of all of it.
        columns += (frame.to_series().rechunk() for frame in pl.collect_all(scans))
    return pl.DataFrame([column.alias(name) for name, column in zip(parts, columns, strict=True)])


def encoded(columns: Sequence[pl.Series]) -> list[bytes]:
    """The parquet file of each column: lz4, rechunked, since chunks show in the bytes."""
    import polars as pl

    buffers = [io.BytesIO() for _ in columns]
    pl.collect_all(
        pl.LazyFrame({_COLUMN: column.rechunk()}).sink_parquet(
            buffer, compression="lz4", statistics=False, row_group_size=_ROW_GROUP, lazy=True
        )
        for column, buffer in zip(columns, buffers, strict=True)
    )
    return [buffer.getvalue() for buffer in buffers]


def _blocks(items: Iterable[T], size: Callable[[T], int | float]) -> Iterator[list[T]]:
    """Items that go into one query, so few that what they hold stays small beside the table."""
    block: list[T] = []
    held = 0.0
    for item in items:
        block.append(item)
        held += size(item)
        if held >= BLOCK_BYTES:
            yield block
            block, held = [], 0.0
    if block:
        yield block


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
