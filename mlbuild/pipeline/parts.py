"""Stores tables as parts of results: one Parquet file per column, with the same bytes for the same values."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeVar

from mlbuild.data.table import Dropped
from mlbuild.engine.decide.records import Action
from mlbuild.engine.graph import Job
from mlbuild.engine.store.contents import Contents

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    from mlbuild.data.serving import ModelInput

T = TypeVar("T")
SPLITS = ("train", "valid", "test")
#: The only part prefix of a dataset without a split.
WHOLE = "all"

#: The column name inside each file, so that a renamed column with the same values is the same file.
_COLUMN = "values"
_ROW_GROUP = 1 << 20
#: How many bytes, and at most how many columns, are read or written in one query. The time that polars takes for each
#: column is smallest for about 64 of them.
BLOCK_BYTES = 1 << 25
_BLOCK_COLUMNS = 64
#: From how many bytes on a column is written directly to a file. Smaller ones are faster to write from memory.
_LARGE = 1 << 20


def parts_of(prefixes: Iterable[str], columns: Iterable[str]) -> tuple[str, ...]:
    """Return the names of the parts for these columns under each prefix, such as `train/carrier`, sorted by column."""
    columns = sorted(columns)
    return tuple(f"{prefix}/{name}" for prefix in prefixes for name in columns)


def place_of(part: str) -> tuple[str, str]:
    """Return the split and the column of a part, such as `train` and `km/h`.

    A column name can contain any character.
    """
    prefix, _, column = part.partition("/")
    return prefix.partition(".")[0], column


def kept_under(dropped: Dropped) -> str:
    """Return the name under which a dropped column is kept.

    Earlier dropped columns of the same name get other names.

    With the name of a split and a dot in front, it is the name of the part: `train.serve/carrier`.
    """
    return f"serve{dropped.before + 1 if dropped.before else ''}/{dropped.name}"


def raw_parts(inputs: Iterable[ModelInput], split: str) -> dict[str, str]:
    """Return the part with each input of an output: a column of the dataset, or one that it dropped."""
    return {
        one.name: f"{split}/{one.name}" if one.dropped is None else f"{split}.{kept_under(one.dropped)}"
        for one in inputs
    }


def kept_parts(kept: Iterable[Dropped]) -> tuple[str, ...]:
    """Return the names of the parts with dropped columns, for every split."""
    names = sorted(map(kept_under, kept))
    return tuple(f"{split}.{name}" for split in SPLITS for name in names)


def write_table(job: Job, prefix: str, columns: Iterable[pl.Series]) -> None:
    """Write each column as a part."""
    write_columns(job, ((f"{prefix}/{column.name}", column) for column in columns))


def write_columns(job: Job, parts: Iterable[tuple[str, pl.Series]]) -> None:
    """Write columns as parts, each with the name of its part. Columns are released as they are written."""
    for block in _blocks(parts, lambda item: item[1].estimated_size()):
        small = [item for item in block if item[1].estimated_size() < _LARGE]
        for (part, _), content in zip(small, encoded([column for _, column in small]), strict=True):
            job.write(part, content)
        with ExitStack() as opened:
            _encode(
                (column, opened.enter_context(job.target(part).open("wb", buffering=0)))
                for part, column in block
                if column.estimated_size() >= _LARGE
            )


def read_table(job: Job, slot: str, prefix: str, columns: Iterable[str]) -> pl.DataFrame:
    """Read the named columns of those that were written under `prefix`."""
    return read_columns(job, {name: (slot, f"{prefix}/{name}") for name in columns})


def stored_table(
    contents: Contents, action: Action, prefix: str, columns: Iterable[str]
) -> pl.DataFrame | None:
    """Read the named columns of a result outside a task; None if one of them is no longer in the store."""
    return stored_columns(contents, action, {name: f"{prefix}/{name}" for name in columns})


def stored_columns(contents: Contents, action: Action, parts: Mapping[str, str]) -> pl.DataFrame | None:
    """Read columns by name, each from a part of a result, outside a task; None as for `stored_table`."""
    import polars as pl

    wanted = [contents.get(action.digests[part]) for part in parts.values()]
    found = [content for content in wanted if content is not None]
    if len(found) < len(wanted):
        return None
    return pl.DataFrame([column.alias(name) for name, column in zip(parts, _decode(found), strict=True)])


def read_columns(job: Job, parts: Mapping[str, tuple[str, str]]) -> pl.DataFrame:
    """Read columns of the same number of rows by name, each from a part of an input.

    They are read in large queries: for a table of thousands of columns, one query each would cost more than the
    data. Equal columns are one file, such as those of a split without rows, and are read once.
    """
    import polars as pl

    places = {name: job.path(*part) for name, part in parts.items()}
    sizes = {path: path.stat().st_size for path in dict.fromkeys(places.values())}
    columns: dict[Path, pl.Series] = {}
    for block in _blocks(sizes, sizes.__getitem__):
        small = [path for path in block if sizes[path] < _LARGE]
        columns |= zip(small, _decode([*map(_content, small)]), strict=True)
        large = [path for path in block if sizes[path] >= _LARGE]
        with ExitStack() as opened:
            # As open files, because polars would interpret some characters of a path as a pattern.
            files = [opened.enter_context(path.open("rb", buffering=0)) for path in large]
            # One chunk for each column: a learner copies a frame with several chunks.
            read = [frame.to_series().rechunk() for frame in pl.collect_all(map(pl.scan_parquet, files))]
        columns |= zip(large, read, strict=True)
    return pl.DataFrame([columns[path].alias(name) for name, path in places.items()])


def _content(path: Path) -> bytes:
    with path.open("rb", buffering=0) as file:  # takes half the time of `read_bytes`
        return file.read()


def _decode(files: Sequence[bytes]) -> list[pl.Series]:
    """Read the contents of small Parquet files, each with one column, and all with the same number of rows.

    Files of the same dtype are read as one table, which is cut: a query for each file would take three times as long.
    """
    import polars as pl

    if len(files) < 2:
        return [pl.read_parquet(io.BytesIO(file)).to_series() for file in files]
    try:
        columns = _read_as_one(files)
    except pl.exceptions.SchemaError:
        columns = []
    if columns and not any(_could_hide(column) for column in columns):
        return columns
    dtypes: dict[pl.DataType, list[int]] = {}
    for index, file in enumerate(files):
        dtypes.setdefault(pl.read_parquet_schema(io.BytesIO(file))[_COLUMN], []).append(index)
    found: dict[int, pl.Series] = {}
    for same in dtypes.values():
        found |= zip(same, _read_as_one([files[index] for index in same]), strict=True)
    return [found[index] for index in range(len(files))]


def _read_as_one(files: Sequence[bytes]) -> list[pl.Series]:
    """Raise polars' SchemaError if the dtypes differ, unless polars converts one to the other."""
    import polars as pl

    together = pl.scan_parquet([io.BytesIO(file) for file in files])  # type: ignore[arg-type]  # a list is invariant
    rows = together.collect().to_series()
    height = len(rows) // len(files)
    return [rows.slice(index * height, height).rechunk() for index in range(len(files))]


def _could_hide(column: pl.Series) -> bool:
    """Return whether a column read after others can have had another dtype: polars reads nulls without a dtype as any
    dtype, and some dates and times as others.
    """
    return column.dtype.is_temporal() or column.null_count() == len(column)


def encoded(columns: Sequence[pl.Series]) -> list[bytes]:
    """Return the Parquet file of each column."""
    # Columns without rows, such as those of an empty split, differ only in their dtype.
    keys = [column.dtype if column.is_empty() else index for index, column in enumerate(columns)]
    different = dict(zip(keys, columns, strict=True))
    buffers = {key: io.BytesIO() for key in different}
    _encode((column, buffers[key]) for key, column in different.items())
    return [buffers[key].getvalue() for key in keys]


def _encode(columns: Iterable[tuple[pl.Series, IO[bytes]]]) -> None:
    """Write each column as a Parquet file, rechunked, because chunks affect the bytes.

    Only texts are compressed. Parquet already writes numbers with few different values as short codes, and to compress
    the others takes longer than to write and hash a few more bytes.
    """
    import polars as pl

    pl.collect_all(
        column.rechunk()
        .alias(_COLUMN)
        .to_frame()
        .lazy()
        .sink_parquet(
            file,
            compression="lz4" if column.dtype == pl.String else "uncompressed",
            statistics=False,
            row_group_size=_ROW_GROUP,
            lazy=True,
        )
        for column, file in columns
    )


def _blocks(items: Iterable[T], size: Callable[[T], int | float]) -> Iterator[list[T]]:
    """Group items into queries, so that the items of one query stay small compared to the table."""
    block: list[T] = []
    held = 0.0
    for item in items:
        block.append(item)
        held += size(item)
        if held >= BLOCK_BYTES or len(block) == _BLOCK_COLUMNS:
            yield block
            block, held = [], 0.0
    if block:
        yield block


def write_array(job: Job, part: str, array: np.ndarray[Any, Any]) -> None:
    """Write a numpy array as a part, in the `.npy` format."""
    import numpy as np

    buffer = io.BytesIO()
    np.save(buffer, np.ascontiguousarray(array), allow_pickle=False)
    job.write(part, buffer.getvalue())


def read_array(job: Job, slot: str, part: str) -> np.ndarray[Any, Any]:
    import numpy as np

    array: np.ndarray[Any, Any] = np.load(job.path(slot, part), allow_pickle=False)
    return array
