"""The types of each database: their exact values, or which column cannot be represented."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from typing import Any

import adbc_driver_postgresql.dbapi as dbapi
import pytest

from mlbuild.diagnostics import Failed
from tests.data.shops import Shop, duckdb_shop, fetched, postgresql, server, sqlite


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with postgresql(tmp_path_factory.mktemp("postgres")) as shop:
        yield shop


@pytest.fixture(scope="module")
def duck(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Shop]]:
    folder = tmp_path_factory.mktemp("duck")
    with duckdb_shop(folder) as shop:
        yield folder, shop


def value(folder: Path, shop: Shop, expression: str, dtype: str) -> Any:
    """Return one value, which comes with another row in which it is missing."""
    query = f"SELECT {expression} AS x, 1 AS i UNION ALL SELECT NULL, 2"
    rows = fetched(folder, shop.url, {"x": dtype, "i": "int"}, ["i"], query=query)[0].rows()
    assert rows[1] == (None, 2)
    return rows[0][0]


@pytest.mark.parametrize(
    ("expression", "dtype", "expected"),
    [
        ("1.50::numeric(10, 2)", "float", 1.5),
        ("1.50::numeric(10, 2)", "string", "1.50"),
        ("12345678901234567.89::numeric", "string", "12345678901234567.89"),
        ("9007199254740993::numeric", "int", 9007199254740993),
        ("1e30::numeric", "float", 1e30),
        ("0.1::numeric", "float", 0.1),
        ("'NaN'::numeric", "float", None),
        ("'Infinity'::numeric", "float", float("inf")),
        ("32767::int2", "int", 32767),
        ("4294967295::oid", "int", 4294967295),
        ("1.5::float4", "float", 1.5),
        ("0.1::float4", "float", 0.10000000149011612),
        ("0.1::float8", "float", 0.1),
        ("'-Infinity'::float8", "float", float("-inf")),
        ("3.50::money", "float", 3.5),
        ("true", "bool", True),
        ("'x'::char(3)", "string", "x"),
        ("'x'::varchar(3)", "string", "x"),
        ("'x'::name", "string", "x"),
        ("'mood'::text", "string", "mood"),
        ("'67e55044-10b1-426f-9247-bb680e5fe0c8'::uuid", "string", "67e55044-10b1-426f-9247-bb680e5fe0c8"),
        ("'{\"a\": 1}'::jsonb", "string", '{"a": 1}'),
        ("'10.0.0.1'::inet", "string", "10.0.0.1"),
        ("'\\x6162'::bytea", "string", "ab"),
        ("date '2026-02-28'", "date", date(2026, 2, 28)),
        ("date '2026-02-28'", "datetime", datetime(2026, 2, 28)),
        ("timestamp '2026-02-28 10:00:00.123456'", "datetime", datetime(2026, 2, 28, 10, 0, 0, 123456)),
        ("timestamptz '2026-02-28 10:00:00+02'", "datetime", datetime(2026, 2, 28, 8)),
        ("timestamptz '2026-02-28 10:00:00'", "datetime", datetime(2026, 2, 28, 10)),
        ("date_trunc('day', timestamptz '2026-02-28 23:30:00-02')::text", "string", "2026-03-01 00:00:00+00"),
        ("extract(epoch FROM interval '90 minutes')", "float", 5400.0),
    ],
)
def test_a_value_of_postgresql(
    tmp_path: Path, postgres: Shop, expression: str, dtype: str, expected: Any
) -> None:
    assert value(tmp_path, postgres, expression, dtype) == expected


@pytest.mark.parametrize(
    ("expression", "type_"),
    [
        ("interval '1 day'", "interval"),
        ("time '10:00'", "time"),
        ("ARRAY[1, 2]", "list of int4"),
        ("B'101'", "bit"),
        ("ROW(1, 2)", "record"),
    ],
)
def test_a_type_of_postgresql_that_no_dtype_represents(
    tmp_path: Path, postgres: Shop, expression: str, type_: str
) -> None:
    query = f"SELECT {expression} AS x, 1 AS i"
    with pytest.raises(Failed) as caught:
        fetched(tmp_path, postgres.url, {"x": "string"}, query=query)
    expected = f"column 'x' is of type {type_}, which no dtype can represent; convert it in the query"
    assert (caught.value.failure.kind, caught.value.failure.message) == ("data", expected)
    # It does not matter if nobody needs it.
    assert fetched(tmp_path, postgres.url, {"i": "int"}, query=query)[0].rows() == [(1,)]


@pytest.mark.parametrize(
    "expression", ["'infinity'::date", "'-infinity'::timestamp", "'infinity'::timestamptz"]
)
def test_an_infinite_date_of_postgresql(tmp_path: Path, postgres: Shop, expression: str) -> None:
    with pytest.raises(Failed) as caught:
        fetched(tmp_path, postgres.url, {"x": "date"}, query=f"SELECT {expression} AS x")
    assert caught.value.failure.message == (
        "column 'x' has 1 value that is infinite or outside the years 1 to 9999; convert it in the query"
    )


def test_a_table_of_postgresql_in_a_schema(tmp_path: Path, postgres: Shop) -> None:
    postgres.run(
        "CREATE SCHEMA sales",
        "CREATE TABLE sales.payments (id INTEGER)",
        "INSERT INTO sales.payments VALUES (7)",
    )
    assert fetched(tmp_path, postgres.url, {"id": "int"}, table="sales.payments")[0].rows() == [(7,)]
    for table in ("payments", "nosuch.payments"):
        with pytest.raises(Failed, match=f"there is no table '{table}'"):
            fetched(tmp_path, postgres.url, {"id": "int"}, table=table)


def test_an_enumeration_of_postgresql(tmp_path: Path, postgres: Shop) -> None:
    postgres.run("CREATE TYPE mood AS ENUM ('sad', 'ok')", "CREATE DOMAIN age AS int CHECK (value > 0)")
    assert value(tmp_path, postgres, "'ok'::mood", "string") == "ok"
    assert value(tmp_path, postgres, "7::age", "int") == 7


def test_an_error_in_the_middle_of_the_rows_is_said(tmp_path: Path, postgres: Shop) -> None:
    query = "SELECT 1 / (i - 70000) AS x FROM generate_series(1, 100000) AS s(i)"
    with pytest.raises(Failed) as caught:
        fetched(tmp_path, postgres.url, {"x": "int"}, query=query)
    assert caught.value.failure.message == "the database rejected the query: division by zero"


def test_a_query_can_end_in_a_comment(tmp_path: Path, postgres: Shop) -> None:
    for query in (
        "SELECT 1 AS x -- one",
        "WITH a AS (SELECT 1 AS x) SELECT * FROM a;",
        "TABLE pg_am LIMIT 1",
    ):
        name = "amname" if "pg_am" in query else "x"
        assert fetched(tmp_path, postgres.url, {name: "string"}, query=query)[0].height == 1


@pytest.mark.parametrize(
    ("expression", "dtype", "expected"),
    [
        ("1.50::DECIMAL(10, 2)", "float", 1.5),
        ("9007199254740993::DECIMAL(38, 0)", "int", 9007199254740993),
        ("12345678901234567890::HUGEINT", "float", 12345678901234567168.0),
        ("255::UTINYINT", "int", 255),
        ("0.1::FLOAT", "float", 0.10000000149011612),
        ("'x'::VARCHAR", "string", "x"),
        ("'a'::ENUM ('b', 'a')", "string", "a"),
        ("'67e55044-10b1-426f-9247-bb680e5fe0c8'::UUID", "string", "67e55044-10b1-426f-9247-bb680e5fe0c8"),
        ("'ab'::BLOB", "string", "ab"),
        ("DATE '2026-02-28'", "date", date(2026, 2, 28)),
        ("TIMESTAMP_NS '2026-02-28 10:00:00.123456'", "datetime", datetime(2026, 2, 28, 10, 0, 0, 123456)),
        ("TIMESTAMP_S '2026-02-28 10:00:00'", "datetime", datetime(2026, 2, 28, 10)),
        ("TIMESTAMPTZ '2026-02-28 10:00:00+02'", "datetime", datetime(2026, 2, 28, 8)),
        ("TIMESTAMPTZ '2026-02-28 10:00:00'", "datetime", datetime(2026, 2, 28, 10)),
    ],
)
def test_a_value_of_duckdb(duck: tuple[Path, Shop], expression: str, dtype: str, expected: Any) -> None:
    assert value(*duck, expression, dtype) == expected


@pytest.mark.parametrize(
    ("expression", "type_"),
    [
        ("INTERVAL 1 DAY", "INTERVAL"),
        ("[1, 2]", "List(Int32)"),
        ("{'a': 1}", "Struct({'a': Int32})"),
        ("TIME '10:00'", "Time"),
        ("'101'::BIT", "BIT"),
    ],
)
def test_a_type_of_duckdb_that_no_dtype_represents(
    duck: tuple[Path, Shop], expression: str, type_: str
) -> None:
    folder, shop = duck
    with pytest.raises(Failed) as caught:
        fetched(folder, shop.url, {"x": "string"}, query=f"SELECT {expression} AS x")
    assert caught.value.failure.message.startswith(
        f"column 'x' is of type {type_}, which no dtype can represent"
    )


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_csv('shops.py')",
        "COPY (SELECT 1) TO 'x.csv'",
        "SET memory_limit = '1GB'",
        "INSTALL httpfs",
    ],
)
def test_a_query_of_duckdb_reads_nothing_but_the_database(duck: tuple[Path, Shop], query: str) -> None:
    folder, shop = duck
    with pytest.raises(Failed, match="the database rejected the query"):
        fetched(folder, shop.url, {"x": "string"}, query=query)


@pytest.mark.parametrize(
    ("values", "dtype", "expected"),
    [
        (["1", "2.5"], "float", [1.0, 2.5]),
        (["1", "2.5", "'x'"], "string", ["1", "2.5", "x"]),
        (["9007199254740993", "0.5"], "string", ["9007199254740993", "0.5"]),
        (["0", "1", "NULL"], "bool", [False, True, None]),
        (["0", "1"], "int", [0, 1]),
        (["'2026-02-28 10:00'"], "datetime", [datetime(2026, 2, 28, 10)]),
        (["x'6162'"], "string", ["ab"]),
        (["NULL", "NULL"], "float", [None, None]),
    ],
)
@pytest.mark.parametrize("reverse", [False, True])
def test_the_values_of_a_column_of_sqlite(
    tmp_path: Path, values: list[str], dtype: str, expected: list[Any], reverse: bool
) -> None:
    """A column can hold values of several types. Their order, and where a batch ends, does not matter."""
    with sqlite(tmp_path) as shop:
        shop.run("CREATE TABLE rows (i INTEGER, x)")
        numbered = [f"INSERT INTO rows VALUES ({number}, {text})" for number, text in enumerate(values)]
        shop.run(*(reversed(numbered) if reverse else numbered))
        found, content = fetched(tmp_path, shop.url, {"i": "int", "x": dtype}, ["i"], table="rows")
        assert found["x"].to_list() == expected
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("mlbuild.data.databases.sqlite._BATCH", 1)
            assert fetched(tmp_path, shop.url, {"i": "int", "x": dtype}, ["i"], table="rows")[1] == content


def test_a_column_of_sqlite_with_texts_and_bytes_is_refused(tmp_path: Path) -> None:
    with sqlite(tmp_path) as shop, pytest.raises(Failed, match="column 'x' has binary and other values"):
        fetched(tmp_path, shop.url, {"x": "string"}, query="SELECT x'61' AS x UNION ALL SELECT 'a'")


# Out of reach


def failure(folder: Path, url: str) -> tuple[str, str]:
    with pytest.raises(Failed) as caught:
        fetched(folder, url, {"x": "int"}, query="SELECT 1 AS x")
    found = caught.value.failure
    return found.kind, found.message.partition("': ")[2]


def test_a_server_of_postgresql_that_is_out_of_reach(tmp_path: Path, postgres: Shop) -> None:
    here = postgres.url
    socket = here.partition("?")[2]
    with closing(dbapi.connect(here, autocommit=True)) as opened, opened.cursor() as cursor:
        cursor.execute("CREATE ROLE bob LOGIN PASSWORD 's3cret'")
    rules = Path(server().pgdata) / "pg_hba.conf"
    rules.write_text("local all bob scram-sha-256\n" + rules.read_text())
    postgres.run("SELECT pg_reload_conf()")
    urls = {
        f"postgresql://bob:wr0ng@/postgres?{socket}": "the user or the password is wrong",
        f"postgresql://bob@/postgres?{socket}": "a password is required",
        f"postgresql://nobody@/postgres?{socket}": "the user or the password is wrong",
        f"postgresql://postgres@/nosuch?{socket}": "there is no such database",
        "postgresql://postgres:s3cret@127.0.0.1:1/postgres": "no server is running there",
        "postgresql://postgres@/postgres?host=/nosuch": "no server is running there",
        "postgresql://postgres@nosuch.invalid/postgres": "the host name cannot be resolved",
    }
    found = {url: failure(tmp_path, url) for url in urls}
    assert found == {url: ("store", cause) for url, cause in urls.items()}
    assert fetched(
        tmp_path, f"postgresql://bob:s3cret@/postgres?{socket}", {"x": "int"}, query="SELECT 1 AS x"
    )


def test_a_connection_of_postgresql_that_is_ended(tmp_path: Path, postgres: Shop) -> None:
    query = "SELECT pg_terminate_backend(pg_backend_pid())::int AS x"
    assert failure_of(tmp_path, postgres.url, query) == ("store", "the server stopped or is starting")


def failure_of(folder: Path, url: str, query: str) -> tuple[str, str]:
    with pytest.raises(Failed) as caught:
        fetched(folder, url, {"x": "int"}, query=query)
    return caught.value.failure.kind, caught.value.failure.message.partition("': ")[2]


def test_a_file_that_is_no_duckdb_database(tmp_path: Path) -> None:
    (tmp_path / "shop.duckdb").write_bytes(b"something else" * 500)
    assert failure(tmp_path, "duckdb:///shop.duckdb") == ("store", "it is not a DuckDB file")
