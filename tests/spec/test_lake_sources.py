"""What `check` says about a source in a lake. It opens no table, and imports no library that does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mlbuild.data.locators import delta, iceberg
from mlbuild.diagnostics import Diagnostic
from mlbuild.spec.check import check

SPEC = """\
mlbuild: 1
project: shop
sources: {rows: {SOURCE, contract: row}}
contracts: {row: {columns: {x: float}}}
warnings: {unused: ignore}
"""
#: Libraries that `check` must not import, and our modules that import them.
HEAVY = ("obstore", "deltalake", "pyiceberg", "pyarrow", "polars", "sqlite3", "urllib.request")
OURS = ("servers.web", "servers.cloud", "locators.delta", "locators.iceberg", "locators.sql")


def project(folder: Path, source: str) -> Path:
    (folder / "table/_delta_log").mkdir(parents=True, exist_ok=True)
    (folder / "catalog.db").touch()
    (folder / "rows.csv").touch()
    file = folder / "mlbuild.yaml"
    file.write_text(SPEC.replace("SOURCE", source))
    return file


def found(folder: Path, source: str) -> list[Diagnostic]:
    return check(project(folder, source))[1]


@pytest.mark.parametrize(
    ("source", "code", "message", "help_"),
    [
        (
            "type: delta, path: nosuch",
            "missing-file",
            "there is no folder 'nosuch'",
            "paths are relative to the folder of the spec",
        ),
        ("type: delta, path: rows.csv", "missing-file", "there is no folder 'rows.csv'", None),
        (
            "type: delta, path: .",
            "missing-file",
            "'.' is not a Delta table: it has no folder '_delta_log'",
            None,
        ),
        ("type: delta, path: /tmp", "outside-project", "'/tmp' is outside this project", None),
        (
            "type: delta, path: https://host/table",
            "bad-format",
            "'https://host/table' is not a URL that can be read",
            "it must start with one of s3://, gs://, az://",
        ),
        (
            "type: delta, path: s3://bucket",
            "bad-format",
            "'s3://bucket' names only a bucket or a folder",
            None,
        ),
        (
            "type: delta, path: 's3://key:s3cret@bucket/table'",
            "written-password",
            "the path contains a password",
            None,
        ),
        (
            "type: delta, path: table, version: -1",
            "out-of-range",
            "'version' must be an integer >= 0, not -1",
            None,
        ),
        (
            "type: delta, path: '${NOSUCH}'",
            "undefined-variable",
            "environment variable 'NOSUCH' is not set",
            None,
        ),
        (
            "type: iceberg, connection: 'sqlite:///nosuch.db', table: shop.rows",
            "missing-file",
            "there is no file 'nosuch.db'",
            None,
        ),
        (
            "type: iceberg, connection: 'http://host/catalog', table: shop.rows",
            "bad-format",
            "'http://host/catalog' is not encrypted",
            "use https://; only servers on this machine can use http://",
        ),
        (
            "type: iceberg, connection: 'https:///catalog', table: shop.rows",
            "bad-format",
            "'https:///catalog' does not name a server",
            None,
        ),
        (
            "type: iceberg, connection: 'https://me:s3cret@host/catalog', table: shop.rows",
            "written-password",
            "the connection contains a password",
            "put the connection into an environment variable: connection: ${CATALOG_URL}",
        ),
        (
            "type: iceberg, connection: 'https://host/catalog?token=s3cret', table: shop.rows",
            "written-password",
            "the connection contains a password",
            None,
        ),
        (
            "type: iceberg, connection: 'ftp://host/catalog', table: shop.rows",
            "bad-format",
            "'ftp://host/catalog' is not the URL of a database",
            None,
        ),
        (
            "type: iceberg, connection: 'sqlite:///catalog.db', table: shop.rows, warehouse: main",
            "no-effect",
            "'warehouse' has no effect on a catalog in a database",
            "remove it",
        ),
        (
            "type: iceberg, connection: 'sqlite:///catalog.db', table: rows",
            "bad-format",
            "'table' must be a namespace and a name, such as shop.payments, not 'rows'",
            None,
        ),
        (
            "type: iceberg, connection: 'sqlite:///catalog.db?password=s3cret', table: shop.rows",
            "written-password",
            "the connection contains a password",
            None,
        ),
    ],
)
def test_a_mistake(tmp_path: Path, source: str, code: str, message: str, help_: str | None) -> None:
    (one,) = found(tmp_path, source)
    assert (one.code, one.message) == (code, message)
    assert "s3cret" not in one.message + str(one.help)
    if help_ is not None:
        assert one.help == help_


RIGHT = (
    "type: delta, path: table",
    "type: delta, path: table/, version: 3, refresh: always",
    "type: delta, path: s3://bucket/some/table/, refresh: 6h",
    "type: delta, path: '${TABLE:-gs://bucket/table}'",
    "type: delta, path: az://container/table, read: {x: {from: X}}",
    "type: iceberg, connection: 'sqlite:///catalog.db', table: shop.rows",
    "type: iceberg, connection: 'postgresql://bob@host/db', table: a.b.rows, snapshot: 7932295369191607665",
)


@pytest.mark.parametrize("source", RIGHT)
def test_a_right_one(tmp_path: Path, source: str) -> None:
    assert found(tmp_path, source) == []


@pytest.mark.parametrize(
    ("source", "module", "message"),
    [
        (RIGHT[0], delta, "reading Delta Lake needs deltalake, which is not installed"),
        (RIGHT[2], delta, "reading Delta Lake needs deltalake, which is not installed"),
        (RIGHT[5], iceberg, "reading Iceberg needs pyiceberg, pyarrow, which is not installed"),
    ],
)
def test_a_library_that_is_not_installed(
    tmp_path: Path, source: str, module: object, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    (one,) = found(tmp_path, source)
    assert (one.code, one.message) == ("missing-library", message)
    assert one.help == "in the checkout of mlbuild: pip install '.[lake]'"


@pytest.mark.parametrize(
    ("source", "unused"),
    [
        ("path: rows.csv", (*HEAVY, *(f"mlbuild.data.{name}" for name in OURS))),
        *(
            (source, HEAVY)
            for source in (
                RIGHT[0],
                RIGHT[2],
                RIGHT[6],
                "path: s3://bucket/rows.csv",
                "path: https://host/x.csv",
            )
        ),
    ],
)
def test_check_imports_only_what_it_needs(tmp_path: Path, source: str, unused: tuple[str, ...]) -> None:
    file = project(tmp_path, source)
    script = (
        "import sys; from pathlib import Path; from mlbuild.spec.check import check; "
        f"assert check(Path({str(file)!r}))[1] == []; print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert {*done.stdout.split()} & {*unused} == set()
