"""A source in a lake: its version is looked up when it is due, and a pinned one is never looked up again."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable, write_deltalake

from mlbuild.frozen import frozen
from tests.cli.running import Command
from tests.cli.test_fetch_files import ROWS, SPEC, failed, outcomes, shipped
from tests.data import file_servers
from tests.data.icebergs import catalog, overwritten


@frozen
class Lake:
    """A kind of lake: how its table is written, and the keys of a source, without and with its first version."""

    write: Callable[[Path, pl.DataFrame], object]
    keys: str
    first: Callable[[Path], str]
    #: Removes the files of all versions but the newest, and what a build of the first one says then.
    clean: Callable[[Path], None]
    gone: str


def clean_delta(folder: Path) -> None:
    DeltaTable(folder / "table").vacuum(retention_hours=0, dry_run=False, enforce_retention_duration=False)


DELTA = Lake(
    lambda folder, rows: write_deltalake(folder / "table", rows, mode="overwrite"),
    "type: delta, path: table",
    lambda folder: "version: 0",
    clean_delta,
    "version 0 of 'table' has missing files: the table was vacuumed",
)


def clean_iceberg(folder: Path) -> None:
    table = catalog(folder).load_table("shop.rows")
    now = {Path(task.file.file_path).name for task in table.scan().plan_files()}
    for file in (folder / "warehouse/shop/rows/data").iterdir():
        if file.name not in now:
            file.unlink()


ICEBERG = Lake(
    lambda folder, rows: overwritten(catalog(folder), rows),
    "type: iceberg, connection: 'sqlite:///catalog.db', table: shop.rows",
    lambda folder: f"snapshot: {catalog(folder).load_table('shop.rows').history()[-1].snapshot_id}",
    clean_iceberg,
    "files of table 'shop.rows' were removed",
)
LAKES = {"delta": DELTA, "iceberg": ICEBERG}


@pytest.fixture(params=[*LAKES])
def lake(request: pytest.FixtureRequest, mlbuild: Command) -> Lake:
    one = LAKES[request.param]
    one.write(mlbuild.folder, ROWS)
    return one


def write(folder: Path, keys: str) -> None:
    (folder / "mlbuild.yaml").write_text(SPEC.replace('path: "PATH"', keys))


def test_a_new_version_is_found_and_the_same_rows_rerun_nothing(mlbuild: Command, lake: Lake) -> None:
    write(mlbuild.folder, lake.keys)
    assert "train:one" in outcomes(mlbuild("build", "--json"))["ran"]
    entry = tomllib.loads((mlbuild.folder / "mlbuild.lock").read_text())["source"]["rows"]
    assert entry.keys() == {"request", "rows", "sha256", "token"} and entry["rows"] == ROWS.height
    assert outcomes(mlbuild("build", "--json"))["ran"] == ["fetch:rows"]
    lake.write(mlbuild.folder, ROWS.reverse())
    assert outcomes(mlbuild("build", "--json"))["ran"] == ["fetch:rows"]
    plan = mlbuild("plan").out
    assert "refresh: always (last fetched 20" in plan and "MAYBE" in plan
    lake.write(mlbuild.folder, ROWS.with_columns(y=pl.col("y") * 2))
    assert "train:one" in outcomes(mlbuild("build", "--json"))["ran"]


def test_a_pinned_version_is_looked_up_once(mlbuild: Command, lake: Lake) -> None:
    write(mlbuild.folder, f"{lake.keys}, {lake.first(mlbuild.folder)}")
    first = lake.first(mlbuild.folder)
    assert mlbuild("build", "-q").code == 0
    model = shipped(mlbuild.folder)
    lake.write(mlbuild.folder, ROWS.with_columns(y=pl.col("y") * 2))
    assert mlbuild("plan", "--exit-code").code == 0
    assert "ran" not in outcomes(mlbuild("build", "--json"))
    assert outcomes(mlbuild("build", "--json", "--refresh"))["ran"] == ["fetch:rows"]
    write(mlbuild.folder, lake.keys)
    assert "train:one" in outcomes(mlbuild("build", "--json"))["ran"]
    assert shipped(mlbuild.folder) != model
    write(mlbuild.folder, f"{lake.keys}, {first}")
    assert mlbuild("build", "-q").code == 0 and shipped(mlbuild.folder) == model


def test_a_version_whose_files_are_gone(mlbuild: Command, lake: Lake) -> None:
    """Its rows are still in the store of a build that fetched them."""
    first = lake.first(mlbuild.folder)
    write(mlbuild.folder, f"{lake.keys}, {first}, refresh: always")
    assert mlbuild("build", "-q").code == 0
    lake.write(mlbuild.folder, ROWS.with_columns(y=pl.col("y") * 2))
    lake.clean(mlbuild.folder)
    assert mlbuild("build", "--offline").code == 0
    assert mlbuild("build", "--locked").code == 0
    ran = mlbuild("build", "--force")
    assert (ran.code, failed(ran)) == (3, f"failed  fetch:rows: {lake.gone}")
    assert json.loads(mlbuild("build", "--offline", "--json").out)["ok"]


def test_secrets_of_a_cloud_show_nowhere(mlbuild: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not in the store, the lock, JSON or messages, whatever happens."""
    secret, printed = file_servers.SECRET, list[str]()
    with file_servers.cloud(monkeypatch) as bucket:
        table = f"{bucket.url}/{secret}/table"
        write_deltalake(table, ROWS, storage_options=file_servers.WRITE)
        write(mlbuild.folder, "type: delta, path: '${TABLE}'")
        for value, endpoint, code in (
            (table, bucket.server, 0),
            (f"{table}/none", bucket.server, 3),
            (f"s3://{secret}/table", bucket.server, 3),
            (table, f"https://{secret}.invalid", 7),
        ):
            monkeypatch.setenv("TABLE", value)
            monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
            for words in (("plan",), ("build",), ("build", "--json"), ("plan", "--json")):
                ran = mlbuild(*words)
                assert ran.code == (code if words[0] == "build" else 0), ran.err
                printed.append(ran.out + ran.err)
    assert not [text for text in printed if secret in text]
    files = [file for file in mlbuild.folder.rglob("*") if file.is_file()]
    assert len(files) > 40
    assert not [file for file in files if secret.encode() in file.read_bytes()]
