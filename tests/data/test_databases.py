"""What every database does: exact values in any order, missing ones, and clear messages for the rest."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from mlbuild.data.databases import DATABASES
from mlbuild.data.databases.table import sorted_rows
from mlbuild.data.locators.remote import Wanted
from mlbuild.data.locators.sql import Sql
from mlbuild.diagnostics import Failed, Failure
from mlbuild.progress import silent
from tests.data.shops import SHOPS, Shop, fetched, made

DTYPES = {"b": "bool", "i": "int", "f": "float", "s": "string", "d": "date", "t": "datetime"}
ROWS = [
    (True, 1, 0.1, "a", date(2013, 10, 1), datetime(2013, 10, 1, 5, 0, 0, 123456)),
    (False, -(2**63), 1e300, "", date(1, 1, 1), datetime(1, 1, 1)),
    (None, None, None, None, None, None),
    (
        True,
        2**63 - 1,
        5e-324,
        "O'Brien \U0001f600 \t\n;--",
        date(9999, 12, 31),
        datetime(9999, 12, 31, 23, 59, 59),
    ),
    (False, 0, -2.5, "ä", date(1969, 12, 31), datetime(1969, 12, 31, 23, 59, 59, 999999)),
]


@pytest.fixture(params=[one.name for one in dict.fromkeys(DATABASES)])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    with SHOPS[request.param](tmp_path) as made_shop:
        yield made_shop


def failure(folder: Path, shop: Shop, dtypes: dict[str, str], **keys: Any) -> Failure:
    with pytest.raises(Failed) as caught:
        fetched(folder, shop.url, dtypes, **keys)
    return caught.value.failure


def expected(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return [tuple(None if value == "" else value for value in row) for row in rows]


def test_values_of_all_dtypes_arrive_exactly(shop: Shop, tmp_path: Path) -> None:
    made(shop, "rows", DTYPES, ROWS)
    found, _ = fetched(tmp_path, shop.url, DTYPES, ["i"], table="rows")
    by_number = sorted(ROWS, key=lambda row: (row[1] is None, row[1]))
    assert found.rows() == expected(by_number)
    again, _ = fetched(tmp_path, shop.url, DTYPES, ["i"], query="SELECT * FROM rows;\n")
    assert again.equals(found)


@pytest.mark.parametrize("unique", [["i"], [], ["s", "b"]])
def test_the_order_of_rows_changes_no_byte(shop: Shop, tmp_path: Path, unique: list[str]) -> None:
    """Neither if rows are equal in the columns that should be unique."""
    rows, contents = [*ROWS, *ROWS[:2], (True, 1, 0.2, "a", None, None)], set()
    shuffle = random.Random(4)
    for number in range(4):
        made(shop, f"rows{number}", DTYPES, rows)
        contents.add(fetched(tmp_path, shop.url, DTYPES, unique, table=f"rows{number}")[1])
        shuffle.shuffle(rows)
    assert len(contents) == 1


@pytest.mark.parametrize("unique", [["f"], []])
def test_zeros_with_different_signs_have_an_order(unique: list[str]) -> None:
    rows = pl.DataFrame({"f": [0.0, -0.0, None, float("nan"), 1.0], "s": ["x", "x", "x", "x", "x"]})
    found = {repr(sorted_rows(some, unique).rows()) for some in (rows, rows.reverse(), rows[[1, 0, 4, 3, 2]])}
    assert found == {"[(-0.0, 'x'), (0.0, 'x'), (1.0, 'x'), (nan, 'x'), (None, 'x')]"}


def test_only_the_columns_of_the_contract_count(shop: Shop, tmp_path: Path) -> None:
    made(shop, "rows", DTYPES, ROWS)
    wanted = {"s": "string", "i": "int"}
    whole, content = fetched(tmp_path, shop.url, wanted, ["i"], table="rows")
    assert whole.columns == ["s", "i"]
    shop.run("UPDATE rows SET f = 7")
    assert fetched(tmp_path, shop.url, wanted, ["i"], table="rows")[1] == content
    assert fetched(tmp_path, shop.url, wanted, ["i"], query="SELECT f, i, s FROM rows")[1] == content


def test_many_rows_are_read_in_batches(shop: Shop, tmp_path: Path) -> None:
    numbers = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000) SELECT i FROM n"
    )
    found, _ = fetched(tmp_path, shop.url, {"i": "int"}, ["i"], query=f"{numbers} ORDER BY i % 1000")
    assert found["i"].equals(pl.Series("i", range(1, 200_001)))


def test_a_name_can_be_any_text(shop: Shop, tmp_path: Path) -> None:
    shop.run('CREATE TABLE "Sales ""2026""" ("select" INTEGER, "Price (EUR)" INTEGER)')
    shop.run('INSERT INTO "Sales ""2026""" VALUES (1, 2)')
    names = {"Price (EUR)": "int", "select": "int"}
    assert fetched(tmp_path, shop.url, names, table='Sales "2026"')[0].rows() == [(2, 1)]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"table": "rows"}, "table 'rows' has no column 'amunt'"),
        ({"query": "SELECT * FROM rows"}, "the result of the query has no column 'amunt'"),
        ({"table": "empty"}, "table 'empty' has no rows"),
        ({"query": "SELECT * FROM empty"}, "the result of the query has no rows"),
        ({"table": "nosuch"}, "there is no table 'nosuch'"),
        ({"query": "SELECT * FROM nosuch"}, "the database rejected the query: "),
        ({"query": "SELECT nosuch FROM rows"}, "the database rejected the query: "),
        ({"query": "SELEKT 1"}, "the database rejected the query: "),
        ({"query": "DROP TABLE rows"}, "the database rejected the query: "),
        ({"query": "INSERT INTO rows VALUES (1, 2)"}, "the database rejected the query: "),
        ({"query": "SELECT 1; SELECT 2"}, "the database rejected the query: "),
        ({"query": "SELECT amount, amount FROM rows"}, "the result of the query has no column 'amunt'"),
    ],
)
def test_what_is_wrong_is_said(shop: Shop, tmp_path: Path, keys: dict[str, str], message: str) -> None:
    made(shop, "rows", {"id": "int", "amount": "int"}, [(1, 2)])
    made(shop, "empty", {"amunt": "int"}, [])
    found = failure(tmp_path, shop, {"amunt": "int"}, **keys)
    assert found.kind == "data"
    assert found.message.startswith(message), found.message
    if "refuses" in message:
        assert (
            len(found.message) > len(message)
            and found.details["unquoted"] == "the database rejected the query"
        )
    assert fetched(tmp_path, shop.url, {"amount": "int"}, table="rows")[0].rows() == [(2,)]


def test_a_column_twice_is_refused(shop: Shop, tmp_path: Path) -> None:
    query = "SELECT 1 AS x, 2 AS x"
    found = failure(tmp_path, shop, {"x": "int"}, query=query)
    assert found.message == "the result of the query has two columns 'x'"


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELECT max(i) FROM rows", None),
        ("SELECT 1, 2", "'version_query' must return one row with one value"),
        ("SELECT i FROM rows", "'version_query' must return one row with one value"),
        ("SELECT i FROM rows WHERE i > 7", "'version_query' must return one row with one value"),
        ("SELECT nosuch FROM rows", "the database rejected the query: "),
    ],
)
def test_the_version_of_a_table(shop: Shop, tmp_path: Path, query: str, message: str | None) -> None:
    from mlbuild.data.locators.remote import Wanted
    from mlbuild.data.locators.sql import Sql

    made(shop, "rows", {"i": "int"}, [(1,), (7,)])
    remote = Sql(connection=shop.url, table="rows", version_query=query).locate(tmp_path, {}).remote
    assert remote is not None
    with remote.opened(remote.request(Wanted({"i": "int"}, ()))) as opened:
        if message is None:
            assert opened.version() == "7"
        else:
            with pytest.raises(Failed) as caught:
                opened.version()
            assert caught.value.failure.message.startswith(message)


def test_all_answers_are_about_one_state(shop: Shop, tmp_path: Path) -> None:
    """Whatever is committed after the first answer shows in none of the others."""
    shop.run("PRAGMA journal_mode = WAL") if shop.url.startswith("sqlite") else None
    made(shop, "rows", {"i": "int"}, [(1,), (7,)])
    remote = (
        Sql(connection=shop.url, table="rows", version_query="SELECT max(i) FROM rows")
        .locate(tmp_path, {})
        .remote
    )
    assert remote is not None
    with remote.opened(remote.request(Wanted({"i": "int"}, ()))) as opened:
        assert opened.version() == "7"
        changes = ["INSERT INTO rows VALUES (9)", "DELETE FROM rows WHERE i = 1"]
        if shop.exclusive:
            with pytest.raises(Exception, match="different configuration"):
                shop.run(*changes)
        else:
            shop.run(*changes)
        assert opened.write(tmp_path / "one", silent) == 2
    if shop.exclusive:
        shop.run(*changes)
    assert fetched(tmp_path, shop.url, {"i": "int"}, table="rows")[0].rows() == [(7,), (9,)]


def test_a_query_can_only_read(shop: Shop, tmp_path: Path) -> None:
    """A spec can be from someone else, but the user's own connection can do much more than read."""
    made(shop, "rows", {"i": "int"}, [(1,), (7,)])
    other = tmp_path / "elsewhere"
    other.mkdir()
    (other / "secret.csv").write_text("i\n5\n")
    queries = [
        "DELETE FROM rows",
        "DELETE FROM rows RETURNING i",
        "WITH gone AS (DELETE FROM rows RETURNING i) SELECT i FROM gone",
        "INSERT INTO rows VALUES (3) RETURNING i",
        "DROP TABLE rows",
        "CREATE TABLE i (i INTEGER)",
        "SELECT i FROM rows; DROP TABLE rows",
        "SELECT i FROM rows) AS q; COMMIT; DROP TABLE rows; SELECT (1",
        "COMMIT",
        f"ATTACH '{other}/new.db' AS new",
        f"VACUUM INTO '{other}/copy.db'",
        f"COPY rows TO '{other}/copy.csv'",
        f"COPY (SELECT i FROM rows) TO PROGRAM 'touch {other}/program'",
        f"SELECT i FROM read_csv('{other}/secret.csv')",
        f"SELECT i FROM '{other}/secret.csv'",
        "SELECT load_extension('nothing') AS i",
        "INSTALL httpfs",
        "SET enable_external_access = true",
        "PRAGMA journal_mode = DELETE",
    ]
    for query in queries:
        assert failure(tmp_path, shop, {"i": "int"}, query=query).kind == "data", query
        remote = Sql(connection=shop.url, table="rows", version_query=query).locate(tmp_path, {}).remote
        assert remote is not None
        with pytest.raises(Failed), remote.opened(remote.request(Wanted({"i": "int"}, ()))) as opened:
            opened.version()
        assert fetched(tmp_path, shop.url, {"i": "int"}, table="rows")[0].rows() == [(1,), (7,)], query
        assert [file.name for file in other.iterdir()] == ["secret.csv"], query


def test_every_database_has_a_shop() -> None:
    assert [*SHOPS] == [one.name for one in dict.fromkeys(DATABASES)]


@pytest.mark.parametrize("mark", [*"/?#@:&=,[]%;", "%zz", "%00", " "])
def test_no_piece_of_a_password_that_is_not_escaped_is_shown(tmp_path: Path, mark: str) -> None:
    """libpq cuts such a URL at other places, and quotes what it takes for the port, a parameter or a host."""
    for end in ("x", "x?sslmode=bogus"):
        url = f"postgresql://u:sEc{mark}ret@127.0.0.1:1/{end}"
        remote = Sql(connection="${PG}", table="r").locate(tmp_path, {"PG": url}).remote
        assert remote is not None
        with pytest.raises(Failed) as caught, remote.opened({}):
            pass
        message = caught.value.failure.message
        assert message.startswith("cannot open '${PG}': ")
        assert not [piece for piece in ("sEc", "ret", "bogus") if piece in message.replace("parameter", "")]


def test_a_slash_in_a_password(tmp_path: Path) -> None:
    remote = (
        Sql(connection="${PG}", table="r")
        .locate(tmp_path, {"PG": "postgresql://u:sEc/ret@127.0.0.1:1/x"})
        .remote
    )
    assert remote is not None
    with pytest.raises(Failed) as caught, remote.opened({}):
        pass
    assert caught.value.failure.message == (
        "cannot open '${PG}': the port is not a number; in a password, write / as %2F, and @ as %40"
    )
