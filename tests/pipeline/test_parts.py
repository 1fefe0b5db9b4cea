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
    store = DiskStore(tmp_path)
    reads = {"of": (("x", store.put(encoded([column])[0])),)}
    job = Running(text_task("t", ""), reads, store, tmp_path, 1)
    found = read_columns(job, {"x": ("of", "x")}).to_series()
    assert found.n_chunks() == 1 and found.equals(column)
