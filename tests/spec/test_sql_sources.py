"""What `check` says about sources of type `sql`, without opening a database."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from mlbuild.data.databases import DATABASES
from mlbuild.data.databases.connection import Connection
from mlbuild.data.locators import sql
from mlbuild.diagnostics import Diagnostic, Failed
from mlbuild.spec.check import check

SPEC = """\
mlbuild: 1
project: p
warnings: {unused: ignore}
sources:
  rows: {type: sql, %s, contract: row}
contracts: {row: {columns: {x: float}}}
"""


def found(folder: Path, keys: str) -> list[Diagnostic]:
    (folder / "mlbuild.yaml").write_text(SPEC % keys)
    (folder / "shop.db").touch()
    return check(folder / "mlbuild.yaml")[1]


@pytest.mark.parametrize(
    ("keys", "code", "message", "help_"),
    [
        ("connection: 'sqlite:///shop.db'", "missing-key", "a sql source needs 'query' or 'table'", None),
        (
            "connection: 'sqlite:///shop.db', table: t, query: SELECT 1",
            "contradiction",
            "'query' and 'table' cannot be used together",
            "remove one of them",
        ),
        ("connection: 'sqlite:///shop.db', query: ' '", "empty", "'query' is empty", None),
        (
            "connection: 'sqlite:///shop.db', table: t, refresh: hourly",
            "not-allowed",
            "'refresh' must be one of always, never or a duration such as 7d, with the unit s, min, h, d or w, not 'hourly'",
            None,
        ),
        (
            "connection: 'sqlite:///shpo.db', table: t",
            "missing-file",
            "there is no file 'shpo.db'",
            "did you mean 'shop.db'?",
        ),
        (
            "connection: '${NOSUCH}', table: t",
            "undefined-variable",
            "environment variable 'NOSUCH' is not set",
            "set it, or add a default: ${NOSUCH:-value}",
        ),
        (
            "connection: 'mysql://host/db', table: t",
            "bad-format",
            "'mysql://host/db' is not the URL of a database",
            None,
        ),
        ("connection: shop.db, table: t", "bad-format", "'shop.db' is not the URL of a database", None),
        (
            "connection: 'sqlite:////etc/passwd', table: t",
            "outside-project",
            "'sqlite:////etc/passwd' is outside this project",
            None,
        ),
        (
            "connection: 'sqlite:///shop.db?password=s3cret', table: t",
            "written-password",
            "the connection contains a password",
            "put the connection into an environment variable: connection: ${DATABASE_URL}",
        ),
        (
            "connection: 'sqlite:///shop.db', table: t, path: x.csv",
            "unknown-key",
            "unknown key 'path' in sql source",
            None,
        ),
        (
            "connection: 'sqlite:///shop.db', table: t, read: {y: {decimal: ','}}",
            "unknown-column",
            "unknown column 'y'",
            None,
        ),
    ],
)
def test_a_mistake(tmp_path: Path, keys: str, code: str, message: str, help_: str | None) -> None:
    (one,) = found(tmp_path, keys)
    assert (one.code, one.message) == (code, message)
    if help_ is not None:
        assert one.help == help_


def test_a_right_one(tmp_path: Path) -> None:
    for refresh in ("always", "never", "6h", "0s", "30min"):
        assert found(tmp_path, f"connection: 'sqlite:///shop.db', table: t, refresh: {refresh}") == []


def test_the_value_of_a_variable_is_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for value in (
        "mysql://bob:s3cret@host/db",
        "s3cret",
        "sqlite:///s3cret.db",
        "sqlite:////s3cret/x.db",
        "",
    ):
        monkeypatch.setenv("SHOP_URL", value)
        (one,) = found(tmp_path, "connection: '${SHOP_URL}', table: t")
        assert "s3cret" not in str(one) and "'${SHOP_URL}'" in one.message


def test_a_password_beside_variables_is_seen_and_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_HOST", "h")
    for text in ("pg://bob:s3cret@${SHOP_HOST}/db", "${SHOP_URL:-pg://bob:s3cret@h/db}"):
        assert "s3cret" not in str(found(tmp_path, f"connection: '{text}', table: t"))


@pytest.mark.parametrize(
    "database", [one for one in dict.fromkeys(DATABASES) if one.libraries], ids=lambda one: one.name
)
def test_a_library_that_is_not_installed(
    tmp_path: Path, database: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql, "find_spec", lambda name: None)
    keys = f"connection: '{database.schemes[0]}:///shop.db', table: t"  # type: ignore[attr-defined]  # a database
    (one,) = [one for one in found(tmp_path, keys) if one.code == "missing-library"]
    assert database.libraries[0] in one.message  # type: ignore[attr-defined]
    assert one.help and f"[{database.extra}]'" in one.help  # type: ignore[attr-defined]


def test_nothing_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "connect", lambda *args, **keys: pytest.fail("opened"))
    assert found(tmp_path, "connection: 'sqlite:///shop.db', table: t") == []


@pytest.mark.parametrize(
    ("url", "secrets"),
    [
        ("postgresql://bob:s3cret@host:5432/db", ["s3cret"]),
        ("postgresql://bob:p%40ss:w@host/db", ["p%40ss:w"]),
        ("postgresql://bob@host/db", []),
        ("postgresql://host/db?user=bob&password=s3cret&sslmode=require", ["s3cret"]),
        ("postgresql://bob:a@host/db?sslpassword=b&token=c", ["a", "b", "c"]),
        ("sqlite:///shop.db", []),
        ("${URL}", []),
        ("nonsense", []),
    ],
)
def test_what_is_secret_in_a_url(url: str, secrets: list[str]) -> None:
    connection = Connection(url, "it")
    assert connection.secrets() == secrets
    for secret in secrets:
        assert secret not in connection.place
    assert url not in repr(connection)


def test_a_message_of_a_library_is_scrubbed() -> None:
    connection = Connection("postgresql://bob:p%40ss@db.example.com:5432/shop", "it")
    message = 'connection to "db.example.com", port 5432 failed:\n  password "p@ss" (p%40ss) for postgresql://bob:p%40ss@db.example.com:5432/shop'
    assert (
        connection.scrubbed(message) == 'connection to "***", port *** failed: password "***" (***) for ***'
    )
    assert Connection("sqlite:///${X}", "it").scrubbed('near "x"') == 'near "x"'


def test_only_whole_words_of_a_url_are_hidden_and_none_that_the_spec_has() -> None:
    short = Connection("postgresql://u:a@h:5432/x?sslmode=bogus", "${PG}")
    assert (
        short.scrubbed('invalid value "bogus" of sslmode: a, u, h')
        == 'invalid value "***" of sslmode: ***, ***, ***'
    )
    half = Connection("postgresql://bob:s3cret@db:5432/shop", "postgresql://bob:${PASSWORD}@db:5432/shop")
    assert (
        half.scrubbed("bob (s3cret) at db, 5432 cannot open shop") == "bob (***) at db, 5432 cannot open shop"
    )


def test_an_error_that_nobody_expected_is_scrubbed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "s3cret.db").touch()
    remote = sql.Sql(connection="${X}", table="t").locate(tmp_path, {"X": "sqlite:///s3cret.db"}).remote
    assert remote is not None

    def connect(*args: object, **keys: object) -> None:
        raise ValueError("cannot use sqlite:///s3cret.db")

    monkeypatch.setattr(sqlite3, "connect", connect)
    with pytest.raises(Failed) as caught, remote.opened({}):
        pass
    assert caught.value.failure.message == "ValueError: cannot use ***"
    assert "s3cret" not in repr(remote)


def test_another_password_is_the_same_place() -> None:
    first, second, other = (
        Connection(f"postgresql://bob:{text}/db", "it") for text in ("a1@host", "b22@host", "a1@other")
    )
    assert first.trace == second.trace != other.trace
