"""Tables of Delta Lake: exact values, versions, and a clear message for everything that goes wrong."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from deltalake import DeltaTable, QueryBuilder, write_deltalake

from mlbuild.data.formats.parquet import Parquet
from mlbuild.data.locators.delta import Delta
from mlbuild.data.locators.remote import Wanted
from mlbuild.data.parsing import Parsing
from mlbuild.diagnostics import Failed, Failure
from mlbuild.progress import silent
from tests.data import file_servers
from tests.data.file_servers import WRITE, answer, guarded

DTYPES = {"b": "bool", "i": "int", "f": "float", "s": "string", "d": "date", "t": "datetime"}
ROWS = pl.DataFrame(
    {
        "b": [True, None, False],
        "i": [-(2**63), None, 2**63 - 1],
        "f": [5e-324, None, 1e300],
        "s": ["O'Brien \U0001f600 \t\n", None, "ä"],
        "d": [date(1, 1, 1), None, date(9999, 12, 31)],
        "t": [datetime(2013, 10, 1, 5, 0, 0, 123456), None, datetime(1969, 12, 31, 23, 59)],
        "rest": [1, 2, 3],
    }
)


def fetched(
    folder: Path, dtypes: dict[str, str], unique: Sequence[str] = (), path: str = "", **keys: Any
) -> tuple[pl.DataFrame, bytes, str]:
    """Fetch a table as a source with this contract does. Also return the bytes of the content, and the version."""
    located = Delta(path="${TABLE}", **keys).locate(folder, {"TABLE": path or "table"})
    assert located.remote is not None and not located.problems, located.problems
    file = folder / "fetched"
    with located.remote.opened(located.remote.request(Wanted(dtypes, unique))) as opened:
        version = opened.version()
        count = opened.write(file, silent)
    rows, faults = Parquet().read(file, {name: Parsing(dtype=dtype) for name, dtype in dtypes.items()})
    assert not faults and count == rows.height
    return rows, file.read_bytes(), str(version)


def failure(folder: Path, dtypes: dict[str, str] | None = None, path: str = "", **keys: Any) -> Failure:
    with pytest.raises(Failed) as caught:
        fetched(folder, dtypes or {"x": "int"}, path=path, **keys)
    assert "s3cr3t" not in str(caught.value.failure)
    return caught.value.failure


def table(folder: Path, *versions: list[int]) -> Path:
    for values in versions:
        write_deltalake(folder / "table", pl.DataFrame({"x": values}), mode="overwrite")
    return folder / "table"


def test_values_of_all_dtypes_arrive_exactly(tmp_path: Path) -> None:
    write_deltalake(tmp_path / "table", ROWS)
    assert fetched(tmp_path, DTYPES, ["i"])[0].equals(ROWS.sort("i", nulls_last=True).drop("rest"))
    found = fetched(tmp_path, {"rest": "int", "s": "string"}, ["rest"])[0]
    assert found.columns == ["rest", "s"] and found.equals(ROWS.select("rest", "s"))


def test_files_and_their_order_change_no_byte(tmp_path: Path) -> None:
    contents = []
    for name, order in (("one", [0, 1, 2]), ("two", [2, 0, 1])):
        for row in order:
            part = ROWS.slice(row, 1).with_columns(part=pl.lit(f"a b/{row}%"))
            write_deltalake(
                tmp_path / name, part, mode="append", partition_by=["part"] if name == "two" else None
            )
        contents.append(fetched(tmp_path, DTYPES | {"part": "string"}, path=name)[1])
    assert contents[0] == contents[1]


def test_a_version_is_pinned_or_the_newest(tmp_path: Path) -> None:
    folder = table(tmp_path, [1, 2], [3], [4, 5, 6])
    first, newest = fetched(tmp_path, {"x": "int"}, version=0), fetched(tmp_path, {"x": "int"})
    assert (first[0]["x"].to_list(), newest[0]["x"].to_list()) == ([1, 2], [4, 5, 6])
    assert first[2] != newest[2] == fetched(tmp_path, {"x": "int"})[2]
    DeltaTable(folder).delete("x = 5")
    assert fetched(tmp_path, {"x": "int"})[0]["x"].to_list() == [4, 6]
    assert fetched(tmp_path, {"x": "int"}, version=2)[0]["x"].to_list() == [4, 5, 6]


def test_numbers_and_times_are_as_in_a_database(tmp_path: Path) -> None:
    rows = pl.DataFrame(
        {
            "n": pl.Series([Decimal("12345678901234.25")], dtype=pl.Decimal(20, 2)),
            "t": pl.Series([datetime(2026, 6, 1, 12)]).dt.replace_time_zone("Europe/Berlin"),
        }
    )
    write_deltalake(tmp_path / "table", rows)
    found = fetched(tmp_path, {"n": "float", "t": "datetime"})[0]
    assert found.rows() == [(12345678901234.25, datetime(2026, 6, 1, 10))]


def test_a_name_can_be_any_text(tmp_path: Path) -> None:
    write_deltalake(tmp_path / "table", pl.DataFrame({"Select": [1], 'Price "EUR"': [2]}))
    (tmp_path / "table").rename(tmp_path / "a b ä#?")
    names = {'Price "EUR"': "int", "Select": "int"}
    assert fetched(tmp_path, names, path="a b ä#?")[0].rows() == [(2, 1)]


def test_what_is_wrong_is_said(tmp_path: Path) -> None:
    table(tmp_path, [1], [2])
    assert failure(tmp_path, {"amount": "int"}).message == "'${TABLE}' has no column 'amount'"
    assert failure(tmp_path, version=7).message == "'${TABLE}' has no version 7; the newest one is 1"
    write_deltalake(tmp_path / "none", pl.DataFrame({"x": [1]}).clear())
    assert failure(tmp_path, path="none").message == "'${TABLE}' has no rows"
    write_deltalake(tmp_path / "lists", pl.DataFrame({"x": [[1]]}))
    found = failure(tmp_path, path="lists")
    assert found.kind == "data"
    assert found.message == (
        "column 'x' is of type List(Int64), which no dtype can represent; leave it out of the contract"
    )
    (tmp_path / "empty/_delta_log").mkdir(parents=True)
    assert failure(tmp_path, path="empty").message == "'${TABLE}' is not a Delta table"
    (tmp_path / "table/_delta_log/00000000000000000001.json").write_text("{ nonsense")
    found = failure(tmp_path)
    assert found.message.startswith("cannot read '${TABLE}': the deltalake library failed: ")
    assert str(tmp_path) not in found.message


def test_a_vacuumed_version_has_its_own_message(tmp_path: Path) -> None:
    folder = table(tmp_path, [1], [2])
    DeltaTable(folder).vacuum(retention_hours=0, dry_run=False, enforce_retention_duration=False)
    found = failure(tmp_path, version=0)
    assert (found.kind, found.message) == (
        "data",
        "version 0 of '${TABLE}' has missing files: the table was vacuumed",
    )
    assert found.details["lines"] == [
        "help: name a newer version, or use what was fetched before: mlbuild build --offline"
    ]
    assert fetched(tmp_path, {"x": "int"})[0]["x"].to_list() == [2]


def test_a_version_whose_log_was_cleaned_up(tmp_path: Path) -> None:
    folder = table(tmp_path, [1], [2], [3])
    DeltaTable(folder).create_checkpoint()
    (folder / "_delta_log/00000000000000000000.json").unlink()
    message = "version 1 of '${TABLE}' cannot be opened: its log may have been cleaned up"
    found = failure(tmp_path, version=1)
    assert (found.kind, found.message) == ("data", message)


@pytest.mark.parametrize(
    "name",
    [
        "file://{}",
        "{}",
        "../secret.parquet",
        "%2e%2e/secret.parquet",
        "file:{}",
        "a/../../secret.parquet",
        None,
    ],
)
def test_a_log_cannot_name_files_elsewhere(tmp_path: Path, name: str | None) -> None:
    folder, secret = table(tmp_path, [1]), tmp_path / "secret.parquet"
    (data,) = folder.glob("*.parquet")
    if name is None:
        data.rename(secret)
        data.symlink_to(secret)
    else:
        secret.write_bytes(data.read_bytes())
        log = folder / "_delta_log/00000000000000000000.json"
        log.write_text(log.read_text().replace(data.name, name.format(secret)))
    assert failure(tmp_path).message == "'${TABLE}' has files outside its folder"


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Any:
    with file_servers.cloud(monkeypatch) as one:
        yield one


def test_a_table_in_a_bucket(
    bucket: file_servers.Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"{bucket.url}/some/table"
    for values in ([1, 2], [3]):
        write_deltalake(url, pl.DataFrame({"x": values}), mode="overwrite", storage_options=WRITE)
    assert fetched(tmp_path, {"x": "int"}, path=url)[0]["x"].to_list() == [3]
    assert fetched(tmp_path, {"x": "int"}, path=f"{url}/", version=0)[0]["x"].to_list() == [1, 2]
    assert failure(tmp_path, path=f"{bucket.url}/nosuch").message == "'${TABLE}' is not a Delta table"
    found = failure(tmp_path, path="s3://nosuch-bucket/table")
    assert (found.kind, found.message) == ("data", "cannot fetch '${TABLE}': there is no such bucket")
    with guarded():
        found = failure(tmp_path, path=url)
    message = "cannot fetch '${TABLE}': the server does not accept the credentials (InvalidAccessKeyId)"
    assert (found.kind, found.message) == ("store", message)
    newest = DeltaTable(url, storage_options=WRITE)
    newest.vacuum(retention_hours=0, dry_run=False, enforce_retention_duration=False)
    found = failure(tmp_path, path=url, version=0)
    assert found.message == "version 0 of '${TABLE}' has missing files: the table was vacuumed"
    for endpoint, reason in (
        ("http://127.0.0.1:1", "the connection was refused"),
        ("http://example.com", "its endpoint is not encrypted"),
        ("https://s3cr3t.invalid", "the host name cannot be resolved"),
    ):
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        found = failure(tmp_path, path=url)
        assert (found.kind, found.message) == ("store", f"cannot fetch '${{TABLE}}': {reason}")


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (403, "the server denied access"),
        (401, "the server does not accept the credentials"),
        (500, "the server returned error 500"),
    ],
)
@pytest.mark.parametrize("scheme", ["s3", "gs", "az"])
def test_what_a_cloud_can_do_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str, status: int, message: str
) -> None:
    with file_servers.web() as site:
        site.otherwise = lambda handler: answer(handler, status)
        for name in ("AWS_ENDPOINT_URL", "GOOGLE_BASE_URL", "AZURE_ENDPOINT"):
            monkeypatch.setenv(name, site.url)
        monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", "someone")
        found = failure(tmp_path, path=f"{scheme}://shop/table")
    assert (found.kind, found.message) == ("store", f"cannot fetch '${{TABLE}}': {message}")


def test_only_what_a_library_raises_is_worded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk is not the fault of the table."""
    table(tmp_path, [1])

    def full(*arguments: Any, **keys: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("mlbuild.data.locators.delta.keep_rows", full)
    with pytest.raises(OSError, match="No space left"):
        fetched(tmp_path, {"x": "int"})
    monkeypatch.setattr(QueryBuilder, "execute", full)
    assert failure(tmp_path).message.startswith("cannot read '${TABLE}': the deltalake library failed: ")
