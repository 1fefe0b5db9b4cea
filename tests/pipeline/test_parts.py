"""Tables as parts: reading returns what was written."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from mlbuild.engine.execution.job import Running
from mlbuild.engine.store.store import DiskStore
from mlbuild.pipeline.parts import encoded, read_columns
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
