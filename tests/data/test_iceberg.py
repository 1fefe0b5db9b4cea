"""Tables of Apache Iceberg: exact values, snapshots, and a clear message for everything that goes wrong."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from mlbuild.data.formats.parquet import Parquet
from mlbuild.data.locators.iceberg import Iceberg
from mlbuild.data.locators.remote import Wanted
from mlbuild.data.parsing import Parsing
from mlbuild.diagnostics import Failed, Failure
from mlbuild.progress import silent
from tests.data import file_servers
from tests.data.file_servers import answer, guarded
from tests.data.icebergs import CLIENT, TOKEN, WORD, Service, catalog, in_bucket, overwritten, service
from tests.data.shops import postgresql
from tests.data.test_delta import DTYPES, ROWS


def fetched(
    folder: Path, dtypes: dict[str, str], unique: Sequence[str] = (), url: str = "", **keys: Any
) -> tuple[pl.DataFrame, bytes, str]:
    """Fetch a table as a source with this contract does. Also return the bytes of the content, and the version."""
    source = Iceberg(connection="${CATALOG}", **({"table": "shop.rows"} | keys))
    located = source.locate(folder, {"CATALOG": url or "sqlite:///catalog.db"})
    assert located.remote is not None and not located.problems, located.problems
    file = folder / "fetched"
    with located.remote.opened(located.remote.request(Wanted(dtypes, unique))) as opened:
        version = opened.version()
        count = opened.write(file, silent)
    rows, faults = Parquet().read(file, {name: Parsing(dtype=dtype) for name, dtype in dtypes.items()})
    assert not faults and count == rows.height
    return rows, file.read_bytes(), str(version)


def failure(folder: Path, dtypes: dict[str, str] | None = None, **keys: Any) -> Failure:
    with pytest.raises(Failed) as caught:
        fetched(folder, dtypes or {"x": "int"}, **keys)
    assert str(folder) not in str(caught.value.failure) and "s3cr3t" not in str(caught.value.failure)
    return caught.value.failure


def numbers(*values: int) -> pl.DataFrame:
    return pl.DataFrame({"x": values})


def sql(folder: Path, *statements: str) -> None:
    with closing(sqlite3.connect(folder / "catalog.db")) as opened, opened:
        for statement in statements:
            opened.execute(statement)


def test_values_of_all_dtypes_arrive_exactly(tmp_path: Path) -> None:
    overwritten(catalog(tmp_path), ROWS)
    assert fetched(tmp_path, DTYPES, ["i"])[0].equals(ROWS.sort("i", nulls_last=True).drop("rest"))
    found = fetched(tmp_path, {"rest": "int", "s": "string"}, ["rest"])[0]
    assert found.columns == ["rest", "s"] and found.equals(ROWS.select("rest", "s"))


def test_files_and_their_order_change_no_byte(tmp_path: Path) -> None:
    made, contents = catalog(tmp_path), set()
    for name, order in (("shop.one", [0, 1, 2]), ("shop.two", [2, 0, 1])):
        for row in order:
            overwritten(made, ROWS.slice(row, 1), append=True, name=name)
        contents.add(fetched(tmp_path, DTYPES, table=name)[1])
    assert len(contents) == 1


def test_a_snapshot_is_pinned_or_the_current_one(tmp_path: Path) -> None:
    made = catalog(tmp_path)
    first = overwritten(made, numbers(1, 2))
    overwritten(made, numbers(4, 5, 6))
    old, new = fetched(tmp_path, {"x": "int"}, snapshot=first), fetched(tmp_path, {"x": "int"})
    assert (old[0]["x"].to_list(), new[0]["x"].to_list()) == ([1, 2], [4, 5, 6])
    assert old[2] != new[2] == fetched(tmp_path, {"x": "int"})[2]
    made.load_table("shop.rows").delete("x == 5")
    assert fetched(tmp_path, {"x": "int"})[0]["x"].to_list() == [4, 6]


def test_what_is_wrong_is_said(tmp_path: Path) -> None:
    made = catalog(tmp_path)
    overwritten(made, numbers(1))
    for keys, message in (
        ({"table": "shop.nosuch"}, "there is no table 'shop.nosuch'"),
        ({"table": "o'brien.rows"}, "there is no table 'o'brien.rows'"),
        ({"snapshot": 7}, "table 'shop.rows' has no snapshot 7: it may have expired"),
    ):
        found = failure(tmp_path, **keys)
        assert (found.kind, found.message) == ("data", message)
    assert failure(tmp_path, {"amount": "int"}).message == "table 'shop.rows' has no column 'amount'"
    made.create_table("shop.none", schema=numbers(1).to_arrow().schema)
    assert failure(tmp_path, table="shop.none").message == "table 'shop.none' has no rows"
    overwritten(made, pl.DataFrame({"x": [[1]]}), name="shop.lists")
    message = "column 'x' is of type List(Int64), which no dtype can represent; leave it out of the contract"
    assert failure(tmp_path, table="shop.lists").message == message
    sql(
        tmp_path,
        "UPDATE iceberg_tables SET table_namespace = 'shop', table_name = 'rows', catalog_name = table_name",
    )
    assert failure(tmp_path).message == "several catalogs in '${CATALOG}' have a table 'shop.rows'"
    sql(tmp_path, "DROP TABLE iceberg_tables")
    message = "'${CATALOG}' is not a catalog: it has no table 'iceberg_tables'"
    assert failure(tmp_path).message == message
    (tmp_path / "catalog.db").write_bytes(b"nonsense" * 99)
    found = failure(tmp_path)
    assert (found.kind, found.message) == ("store", "cannot open '${CATALOG}': file is not a database")


def test_files_that_were_removed_have_their_own_message(tmp_path: Path) -> None:
    overwritten(catalog(tmp_path), numbers(1))
    message = "files of table 'shop.rows' were removed"
    help_ = "help: name a newer snapshot, or use what was fetched before: mlbuild build --offline"
    for pattern in ("data/*.parquet", "metadata/*-m0.avro", "metadata/snap-*.avro", "metadata/*.json"):
        for file in (tmp_path / "warehouse/shop/rows").glob(pattern):
            file.unlink()
        found = failure(tmp_path)
        assert (found.kind, found.message) == ("data", message), pattern
        assert found.details["lines"] == [help_]


def test_damaged_metadata(tmp_path: Path) -> None:
    overwritten(catalog(tmp_path), numbers(1))
    for file in (tmp_path / "warehouse/shop/rows/metadata").glob("*.json"):
        file.write_text("{ nonsense")
    found = failure(tmp_path)
    assert found.kind == "store"
    assert found.message.startswith(
        "cannot read table 'shop.rows': the pyiceberg library failed: ValidationError: "
    )


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("file://{}/secret.metadata.json", "has files outside the folder of its catalog"),
        ("{}/secret.metadata.json", "has files outside the folder of its catalog"),
        ("file:{}/project/../secret.metadata.json", "has files outside the folder of its catalog"),
        ("file://{}/project/link.metadata.json", "has files outside the folder of its catalog"),
        ("hdfs://host/x.metadata.json", "is at 'hdfs:', which is not supported"),
        ("http://host/x.metadata.json", "is at 'http:', which is not supported"),
    ],
)
def test_a_catalog_cannot_name_files_elsewhere(tmp_path: Path, location: str, message: str) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    overwritten(catalog(folder), numbers(1))
    (metadata,) = (folder / "warehouse/shop/rows/metadata").glob("00001*.json")
    (tmp_path / "secret.metadata.json").write_bytes(metadata.read_bytes())
    (folder / "link.metadata.json").symlink_to(tmp_path / "secret.metadata.json")
    sql(folder, f"UPDATE iceberg_tables SET metadata_location = '{location.format(tmp_path)}'")
    assert failure(folder).message == f"table 'shop.rows' {message}"


def test_metadata_cannot_import_code(tmp_path: Path) -> None:
    """pyiceberg imports the class that a property names."""
    overwritten(catalog(tmp_path), numbers(1))
    (metadata,) = (tmp_path / "warehouse/shop/rows/metadata").glob("00001*.json")
    content = json.loads(metadata.read_text())
    content["properties"]["py-io-impl"] = "nosuch.module.Class"
    metadata.write_text(json.dumps(content))
    assert fetched(tmp_path, {"x": "int"})[0]["x"].to_list() == [1]


def test_a_table_in_a_bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with file_servers.cloud(monkeypatch) as bucket:
        made = in_bucket(tmp_path, bucket)
        first = overwritten(made, numbers(1, 2))
        overwritten(made, numbers(3))
        assert fetched(tmp_path, {"x": "int"})[0]["x"].to_list() == [3]
        assert fetched(tmp_path, {"x": "int"}, snapshot=first)[0]["x"].to_list() == [1, 2]
        with guarded():
            found = failure(tmp_path)
        message = "cannot fetch '${CATALOG}': the server does not accept the credentials (InvalidAccessKeyId)"
        assert (found.kind, found.message) == ("store", message)
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
        assert failure(tmp_path).message == "cannot fetch '${CATALOG}': the connection was refused"


@contextmanager
def rest(folder: Path, patch: pytest.MonkeyPatch) -> Iterator[Service]:
    """Start a catalog that is a service, with the table `shop.rows` in a bucket."""
    with file_servers.cloud(patch) as bucket:
        made = in_bucket(folder, bucket)
        overwritten(made, numbers(1, 2))
        with service(made) as one:
            yield one


def login(one: Service) -> str:
    return one.url.replace("://", f"://{CLIENT}:{WORD}@")


def test_a_table_of_a_rest_catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with rest(tmp_path, monkeypatch) as one:
        first = one.made.load_table("shop.rows").current_snapshot().snapshot_id
        overwritten(one.made, numbers(3))
        for url in (login(one), f"{one.url}?token={TOKEN}", f"{one.url}/?token={TOKEN}"):
            assert fetched(tmp_path, {"x": "int"}, url=url, warehouse="main")[0]["x"].to_list() == [3]
        found = fetched(tmp_path, {"x": "int"}, url=login(one), snapshot=first)
        assert found[0]["x"].to_list() == [1, 2]
        expected = fetched(tmp_path, {"x": "int"}, snapshot=first)
        assert found[1:] == expected[1:]  # what the catalog in the database says
        one.prefix = ""
        assert fetched(tmp_path, {"x": "int"}, url=login(one))[0]["x"].to_list() == [3]
        assert one.asked[-3:] == [
            "POST /api/v1/oauth/tokens",
            "GET /api/v1/config",
            "GET /api/v1/namespaces/shop/tables/rows",
        ]


def test_the_service_of_these_tests_is_one_for_pyiceberg(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pyiceberg.catalog.rest import RestCatalog

    with rest(tmp_path, monkeypatch) as one:
        one.made.create_namespace("shop.more")
        overwritten(one.made, numbers(5), name="shop.more.rows")
        one.config = {}
        access = {"credential": f"{CLIENT}:{WORD}", "oauth2-server-uri": f"{one.url}/v1/oauth/tokens"}
        client = RestCatalog("one", uri=one.url, warehouse="main", **access)
        for name in ("shop.rows", "shop.more.rows"):
            theirs = client.load_table(name).metadata
            path = one.asked[-1].partition("?")[0]
            fetched(tmp_path, {"x": "int"}, url=login(one), table=name, warehouse="main")
            assert one.asked[-1] == path
            version = fetched(tmp_path, {"x": "int"}, url=login(one), table=name, warehouse="main")[2]
            assert version == f"{theirs.table_uuid} {theirs.current_snapshot_id}"


@pytest.mark.parametrize(
    ("url", "keys", "kind", "message"),
    [
        ("LOGIN", {"table": "shop.nosuch"}, "data", "there is no table 'shop.nosuch'"),
        ("LOGIN", {"table": "no.such.rows"}, "data", "there is no table 'no.such.rows'"),
        ("LOGIN", {"snapshot": 7}, "data", "table 'shop.rows' has no snapshot 7: it may have expired"),
        (
            "LOGIN",
            {"warehouse": "other"},
            "store",
            "cannot fetch '${CATALOG}': it is not a catalog, or has no such warehouse (404)",
        ),
        ("BARE", {}, "store", "cannot fetch '${CATALOG}': the catalog requires a login (401)"),
        ("WRONG", {}, "store", "cannot fetch '${CATALOG}': the catalog does not accept the login (401)"),
        ("TOKEN", {}, "store", "cannot fetch '${CATALOG}': the catalog does not accept the login (401)"),
        ("http://127.0.0.1:1/api", {}, "store", "cannot fetch '${CATALOG}': the connection was refused"),
    ],
)
def test_what_is_wrong_with_a_rest_catalog(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, keys: dict[str, Any], kind: str, message: str
) -> None:
    with rest(tmp_path, monkeypatch) as one:
        urls = {
            "LOGIN": login(one),
            "BARE": one.url,
            "WRONG": login(one).replace(WORD, "s3cr3t-other"),
            "TOKEN": f"{one.url}?token=s3cr3t-other",
        }
        found = failure(tmp_path, url=urls.get(url, url), **keys)
    assert (found.kind, found.message) == (kind, message)


@pytest.mark.parametrize(
    ("end", "status", "content", "message"),
    [
        ("config", 200, b"<html>", "its answer is not that of a catalog"),
        ("config", 200, b"[]", "its answer is not that of a catalog"),
        ("config", 403, b"", "the catalog denied access (403)"),
        ("config", 418, b"", "the catalog returned error 418"),
        ("tokens", 200, b"{}", "its answer is not that of a catalog"),
        ("tokens", 400, b"{}", "the catalog does not accept the login (400)"),
        ("rows", 200, b"{}", "its answer is not that of a catalog"),
        ("rows", 403, b"{}", "the catalog denied access (403)"),
    ],
)
def test_what_a_rest_catalog_can_do_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str, status: int, content: bytes, message: str
) -> None:
    with rest(tmp_path, monkeypatch) as one:
        one.instead[end] = status, content
        found = failure(tmp_path, url=login(one))
    assert (found.kind, found.message) == ("store", f"cannot fetch '${{CATALOG}}': {message}")


def test_an_answer_of_a_rest_catalog_that_ends_early(tmp_path: Path) -> None:
    with file_servers.web() as site:
        site.answers["/api/v1/config"] = lambda handler: answer(handler, 200, b"{}", Content_Length="99")
        found = failure(tmp_path, url=f"{site.url}/api?token={TOKEN}")
    message = "cannot fetch '${CATALOG}': the connection was lost after 2 of 99 bytes"
    assert (found.kind, found.message) == ("store", message)


def test_nonsense_as_metadata_of_a_rest_catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with rest(tmp_path, monkeypatch) as one:
        one.instead["rows"] = 200, b'{"metadata": {"format-version": 2, "location": "s3cr3t-word"}}'
        found = failure(tmp_path, url=login(one))
    start = "cannot read table 'shop.rows': the pyiceberg library failed: ValidationError: "
    assert found.kind == "store" and found.message.startswith(start)


def test_a_catalog_on_a_server_names_no_local_files(tmp_path: Path) -> None:
    with postgresql(tmp_path) as shop:
        shop.run(
            "CREATE TABLE iceberg_tables (catalog_name TEXT, table_namespace TEXT, table_name TEXT, metadata_location TEXT)",
            "INSERT INTO iceberg_tables VALUES ('c', 'shop', 'rows', 'file:///etc/passwd')",
        )
        message = "table 'shop.rows' has local files, but its catalog is on a server"
        assert failure(tmp_path, url=shop.url).message == message


def test_only_what_a_library_raises_is_worded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk is not the fault of the table."""
    overwritten(catalog(tmp_path), numbers(1))

    def full(*arguments: Any, **keys: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("mlbuild.data.locators.iceberg.keep_rows", full)
    with pytest.raises(OSError, match="No space left"):
        fetched(tmp_path, {"x": "int"})
