"""Features are read on access: small columns in few queries, of large ones only one is in memory."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl
import pytest

from mlbuild.columns import ColumnType, Schema
from mlbuild.diagnostics import Failed
from mlbuild.engine.execution.job import Running
from mlbuild.engine.graph import Job
from mlbuild.engine.store.store import DiskStore
from mlbuild.pipeline import features
from mlbuild.pipeline.features import Features
from mlbuild.pipeline.parts import encoded, read_columns
from tests.engine.tasks import text_task

ROWS = 100
NAMES = [f"c{number}" for number in range(40)]


def stored(folder: Path, **columns: pl.Series) -> Features:
    """Features that are parts of an input."""
    store = DiskStore.at(folder)
    parts = {name: store.contents.put(encoded([column])[0]) for name, column in columns.items()}
    reads = {"rows": tuple((f"train/{name}", digest) for name, digest in parts.items())}
    types = {pl.Float64: "float", pl.Int64: "int", pl.String: "string"}
    schema = Schema({name: ColumnType(types[type(column.dtype)]) for name, column in columns.items()})
    return Features(Running(text_task("t", ""), reads, store.contents, folder, 1), "rows", "train", schema)


@pytest.mark.parametrize(("columns", "queries"), [(1, [1] * 40), (13, [1, 13, 13, 13]), (1000, [1, 39])])
def test_a_query_reads_as_many_columns_as_make_a_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, columns: int, queries: list[int]
) -> None:
    given = {
        name: pl.Series(range(place, place + ROWS), dtype=pl.Float64) for place, name in enumerate(NAMES)
    }
    rows = stored(tmp_path, **given)
    found: list[int] = []

    def counted(job: Job, parts: Mapping[str, tuple[str, str]]) -> pl.DataFrame:
        found.append(len(parts))
        return read_columns(job, parts)

    monkeypatch.setattr(features, "BLOCK_BYTES", columns * ROWS * 8)
    monkeypatch.setattr(features, "read_columns", counted)
    assert all(rows[name].equals(given[name]) and rows[name].name == name for name in reversed(NAMES[:3]))
    found.clear()
    fresh = Features(rows._job, "rows", "train", rows._features)
    assert [*fresh] == NAMES and len(fresh) == 40
    for name in fresh:
        assert fresh[name].equals(given[name])
    assert found == queries


@pytest.mark.parametrize("values", [[1, 2**53 + 1], ["a", "b\0"]])
def test_what_a_client_cannot_send_is_found_when_its_column_is_read(
    tmp_path: Path, values: list[int | str]
) -> None:
    rows = stored(tmp_path, good=pl.Series([1.0, 2.0]), bad=pl.Series(values))
    assert rows["good"].to_list() == [1.0, 2.0]
    with pytest.raises(Failed, match=r"feature 'bad' has .* in 1 row of train"):
        rows["bad"]
