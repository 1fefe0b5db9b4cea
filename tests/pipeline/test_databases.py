"""Flights from a database give the very artifact that the same rows in a file give."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from mlbuild.data.databases import DATABASES
from tests.budget import examples, tell
from tests.data.shops import SHOPS, Shop, inserted, made
from tests.pipeline.coded import definitions
from tests.pipeline.test_code import homes
from tests.pipeline.watched import runs_of
from tests.projects import DELAYS, built, delays

DTYPES = {
    "time_hour": "datetime",
    "sched_dep": "datetime",
    "carrier": "string",
    "tailnum": "string",
    "origin": "string",
    "dest": "string",
    "distance": "int",
    "arr_delay": "int",
}
SOURCE = "flights: {path: flights.parquet, contract: flight}"
#: How many rows are inserted at once.
_BATCH = 500


def shipped(folder: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in sorted((folder / "dist/late").iterdir())}


@pytest.fixture(scope="module")
def from_file(tmp_path_factory: pytest.TempPathFactory) -> tuple[pl.DataFrame, dict[str, bytes]]:
    """Build from a file; return its rows, in the order in which a source has those of a database, and the output."""
    file = delays(tmp_path_factory.mktemp("file"), every=examples(150, 1))
    path = file.parent / "flights.parquet"
    rows = pl.read_parquet(path).select(*DTYPES).sort(sorted(DTYPES), nulls_last=True)
    rows.write_parquet(path)
    built(file)
    return rows, shipped(file.parent)


@pytest.fixture(params=[one.name for one in dict.fromkeys(DATABASES)])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    with SHOPS[request.param](tmp_path) as one:
        yield one


def poured(shop: Shop, rows: pl.DataFrame) -> None:
    """Write rows into the table `flights`, in an order of its own."""
    made(shop, "flights", DTYPES, [])
    mixed = rows.sample(fraction=1.0, shuffle=True, seed=1)
    shop.run(*(inserted("flights", part.rows()) for part in mixed.iter_slices(_BATCH)))


def project(folder: Path, shop: Shop, rows: pl.DataFrame, monkeypatch: pytest.MonkeyPatch) -> Path:
    poured(shop, rows)
    monkeypatch.setenv("SHOP", shop.url)
    source = "flights: {type: sql, connection: '${SHOP}', table: flights, contract: flight}"
    file = delays(folder, DELAYS.replace(SOURCE, source), every=9_999)
    (folder / "flights.parquet").unlink()
    return file


def test_the_artifact_is_the_one_of_the_file(
    shop: Shop,
    tmp_path: Path,
    from_file: tuple[pl.DataFrame, dict[str, bytes]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows, expected = from_file
    file = project(tmp_path, shop, rows, monkeypatch)
    built(file)
    assert shipped(tmp_path) == expected
    tell(f"{rows.height:,} rows: the same {len(expected)} files")


def test_all_that_fetching_runs_is_in_its_code_version(
    shop: Shop,
    tmp_path: Path,
    from_file: tuple[pl.DataFrame, dict[str, bytes]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = project(tmp_path, shop, from_file[0].head(9), monkeypatch)
    (task,) = (one for one in runs_of(file) if one.coded.kind == "fetch")
    (found,) = definitions((task.coded,)).values()
    assert len(task.ran) > 8
    for code in task.ran:
        assert homes(code) & {*found}, f"{code.co_qualname} of {code.co_filename}"
    assert [name for name in found if ":" not in name] == [], "a whole file counts"
    # Other databases do not.
    own = next(one for one in dict.fromkeys(DATABASES) if shop.url.startswith(one.schemes))
    others = {one.__module__ for one in dict.fromkeys(DATABASES)} - {own.__module__}
    assert [name for name in found if name.partition(":")[0] in others] == []
