"""Flights from a server or a lake give the very artifact that the same rows in a local file give."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pytest
from deltalake import write_deltalake

from tests.budget import examples, tell
from tests.data import file_servers
from tests.data.icebergs import catalog, overwritten
from tests.pipeline.test_databases import DTYPES, SOURCE, shipped
from tests.projects import DELAYS, built, delays

#: Makes the table from the file of a project, and returns the keys of its source.
Place = Callable[[Path, pytest.MonkeyPatch], Iterator[str]]


def web(file: Path, patch: pytest.MonkeyPatch) -> Iterator[str]:
    with file_servers.web() as site:
        site.files["/flights.parquet"] = file.read_bytes()
        yield f"path: '{site.url}/flights.parquet'"


def s3(file: Path, patch: pytest.MonkeyPatch) -> Iterator[str]:
    with file_servers.cloud(patch) as bucket:
        bucket.put("flights.parquet", file.read_bytes())
        yield f"path: '{bucket.url}/flights.parquet'"


def delta(file: Path, patch: pytest.MonkeyPatch) -> Iterator[str]:
    in_files(file, str(file.parent / "flights"), {})
    yield "type: delta, path: flights"


def delta_in_s3(file: Path, patch: pytest.MonkeyPatch) -> Iterator[str]:
    with file_servers.cloud(patch) as bucket:
        in_files(file, f"{bucket.url}/flights", file_servers.WRITE)
        yield f"type: delta, path: '{bucket.url}/flights', version: 2"


def iceberg(file: Path, patch: pytest.MonkeyPatch) -> Iterator[str]:
    made, rows = catalog(file.parent), pl.read_parquet(file)
    for part in rows.reverse().iter_slices(rows.height // 3 + 1):
        overwritten(made, part, append=True)
    yield "type: iceberg, connection: 'sqlite:///catalog.db', table: shop.rows"


def in_files(file: Path, place: str, options: dict[str, str]) -> None:
    """Write the rows as a table of several files, in another order."""
    rows = pl.read_parquet(file).sample(fraction=1.0, shuffle=True, seed=1)
    for part in rows.iter_slices(rows.height // 3 + 1):
        write_deltalake(place, part, mode="append", storage_options=options)


#: The places; in those that know the order of rows, the file is written as it is.
PLACES: dict[str, Place] = {
    "web": web,
    "s3": s3,
    "delta": delta,
    "delta in s3": delta_in_s3,
    "iceberg": iceberg,
}


@pytest.fixture(scope="module")
def from_file(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, dict[str, bytes]]:
    """Build from a file; return it and the output."""
    file = delays(tmp_path_factory.mktemp("file"), every=examples(150, 1))
    path = file.parent / "flights.parquet"
    pl.read_parquet(path).select(*DTYPES).sort(sorted(DTYPES), nulls_last=True).write_parquet(path)
    built(file)
    return path.read_bytes(), shipped(file.parent)


@pytest.mark.parametrize("name", PLACES)
def test_the_artifact_is_the_one_of_the_file(
    name: str, tmp_path: Path, from_file: tuple[bytes, dict[str, bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, expected = from_file
    file = delays(tmp_path, every=9_999)
    table = tmp_path / "flights.parquet"
    table.write_bytes(rows)
    with contextmanager(PLACES[name])(table, monkeypatch) as keys:
        file.write_text(DELAYS.replace(SOURCE, f"flights: {{{keys}, contract: flight}}"))
        table.unlink()
        built(file)
    assert shipped(tmp_path) == expected
    tell(f"{name}, {pl.read_parquet(rows).height:,} rows: the same {len(expected)} files")
