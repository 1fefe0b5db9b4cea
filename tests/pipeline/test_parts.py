"""Tables as parts: reading returns what was written."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from itertools import permutations
from pathlib import Path

import polars as pl
import pytest

from mlbuild.engine.execution.job import Running
from mlbuild.engine.store.store import DiskStore
from mlbuild.pipeline.parts import encoded, read_columns, read_table, write_table
from tests.engine.tasks import text_task


def test_a_column_of_many_rows_is_one_piece(tmp_path: Path) -> None:
    """Learners copy columns that have several chunks."""
    column = pl.Series("x", range((1 << 20) + 1))
    store = DiskStore.at(tmp_path)
    reads = {"of": (("x", store.contents.put(encoded([column])[0])),)}
    job = Running(text_task("t", ""), reads, store.contents, tmp_path, 1)
    found = read_columns(job, {"x": ("of", "x")}).to_series()
    assert found.n_chunks() == 1 and found.equals(column)


def test_files_do_not_depend_on_what_they_are_written_with(tmp_path: Path) -> None:
    """Columns with equal files, such as those without rows, are written and read once, all others apart."""
    dtypes = [pl.Float64(), pl.Int64(), pl.String(), pl.Boolean(), pl.Date(), pl.Datetime("us")]
    dtypes += [pl.Datetime("ms"), pl.Array(pl.Float64, 2), pl.Array(pl.Float64, 3)]
    empty = [pl.Series(f"e{place}", [], dtype) for place, dtype in enumerate(dtypes)] * 12
    full = [pl.Series(f"f{number}", [number % 70, None]) for number in range(150)]
    columns = {f"c{number}": column for number, column in enumerate([*empty, *full, *empty])}
    written = encoded([*columns.values()])
    assert written == [encoded([column])[0] for column in columns.values()]
    store = DiskStore.at(tmp_path)
    digests = {name: store.contents.put(content) for name, content in zip(columns, written, strict=True)}
    assert len({*digests.values()}) == len(dtypes) + 70
    job = Running(text_task("t", ""), {"of": tuple(digests.items())}, store.contents, tmp_path, 1)
    for height in (0, 2):
        table = {name: column for name, column in columns.items() if len(column) == height}
        found = read_columns(job, {name: ("of", name) for name in table})
        assert found.columns == [*table]
        assert all(found[name].equals(column, check_dtypes=True) for name, column in table.items())


def test_columns_of_any_dtypes_are_read_with_their_dtypes(tmp_path: Path) -> None:
    """In one query, polars would read nulls without a dtype as any dtype, and times in UTC as times without a zone."""
    moment = datetime(2024, 5, 17, 9, 30)
    columns = [
        pl.Series([1.5, None]),
        pl.Series([None, None]),
        pl.Series([None, None], dtype=pl.Float64),
        pl.Series([1, None]),
        pl.Series([1, None], dtype=pl.Int32),
        pl.Series(["a", None]),
        pl.Series([True, None]),
        pl.Series([moment.date(), None]),
        *(pl.Series([moment, None], dtype=pl.Datetime(unit)) for unit in ("ms", "us", "ns")),
        *(pl.Series([moment, None]).dt.replace_time_zone(zone) for zone in ("UTC", "Europe/Paris")),
        *(pl.Series([[1.0] * width, None], dtype=pl.Array(pl.Float64, width)) for width in (2, 3)),
    ]
    store = DiskStore.at(tmp_path)
    digests = [(str(index), store.contents.put(file)) for index, file in enumerate(encoded(columns))]
    job = Running(text_task("t", ""), {"of": tuple(digests)}, store.contents, tmp_path, 1)
    numbers = range(len(columns))
    for order in (numbers, numbers[::-1], *permutations(numbers, 2)):
        found = read_columns(job, {str(index): ("of", str(index)) for index in order})
        for index, column in zip(order, found, strict=True):
            assert column.dtype == columns[index].dtype and column.equals(columns[index], null_equal=True)


def test_equal_values_are_equal_files(tmp_path: Path) -> None:
    """However they came to be: in pieces, as a slice, or with other values where none is visible."""
    for values in (
        [1.5, None, -0.0, 2e300] * 50,
        [7, None, 2**60] * 50,
        ["a", None, "longer than 12 bytes"] * 50,
    ):
        column = pl.Series("x", values)
        for made in (
            pl.concat([column[:7], column[7:]], rechunk=False),
            pl.concat([column, column])[len(column) :],
            pl.concat([column, column]).filter([True] * len(column) + [False] * len(column)),
            column.fill_null(values[0]).set(column.is_null(), None),
        ):
            assert made.equals(column) and encoded([made]) == encoded([column])


def test_a_store_can_be_in_any_folder(tmp_path: Path) -> None:
    """Polars interprets some characters of a path as a pattern."""
    column = pl.Series("x", [1, 2])
    store = DiskStore.at(tmp_path / "a[b]*?{c}=d %20")
    reads = {"of": (("x", store.contents.put(encoded([column])[0])),)}
    job = Running(text_task("t", ""), reads, store.contents, tmp_path, 1)
    assert read_columns(job, {"x": ("of", "x")}).to_series().equals(column)


@pytest.mark.parametrize("rows", [3, 200_000])
def test_a_column_of_any_name_and_size_is_stored_with_the_same_bytes(tmp_path: Path, rows: int) -> None:
    """Large columns are written directly to files, small ones from memory."""
    names = ["..", "a/../b", "~", "*", "x" * 300, "%41 é"]
    columns = [(pl.int_range(rows, eager=True) + place).alias(name) for place, name in enumerate(names)]
    columns.append(pl.Series("texts", ["a text", None] * (rows // 2)))
    store = DiskStore.at(tmp_path)
    parts = tuple(f"all/{column.name}" for column in columns)
    task = replace(text_task("t", ""), parts=parts)
    with Running(task, {}, store.contents, tmp_path, 1) as job:
        write_table(job, "all", columns)
        job.collect()
    assert job.failure is None
    contents = [store.contents.get(job.given[part].digest) for part in parts]
    assert contents == encoded(columns)
    assert [job.given[part].size for part in parts] == [len(content or b"") for content in contents]
    reads = {"of": tuple((part, job.given[part].digest) for part in parts)}
    found = read_table(Running(task, reads, store.contents, tmp_path, 1), "of", "all", names)
    assert all(found[column.name].equals(column) for column in columns[:-1])
    assert not [*(tmp_path / ".mlbuild" / "tmp").iterdir()]
