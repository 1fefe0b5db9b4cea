"""SQLite, with Python's standard library."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlbuild.data.databases.connection import Connection
from mlbuild.data.databases.database import Database, Needed, refused, unreachable
from mlbuild.diagnostics import data_failure

if TYPE_CHECKING:
    import sqlite3

    import polars as pl

#: How many rows are fetched at once, and how many seconds to wait for a program that writes.
_BATCH = 1 << 16
_PATIENCE = 10.0
#: Integers up to here are float64 numbers.
_EXACT = 2**53


class Sqlite(Database):
    """A SQLite file. Values have types in SQLite, columns do not: a column of several types is read as text."""

    name = "SQLite"
    schemes = ("sqlite",)
    module = "sqlite3"
    local = True

    @classmethod
    @contextmanager
    def session(cls, connection: Connection, file: Path | None) -> Iterator[SqliteSession]:
        import sqlite3

        try:
            assert file is not None
            uri = f"{file.as_uri()}?mode=ro"
            opened = sqlite3.connect(uri, uri=True, timeout=_PATIENCE, isolation_level=None)
        except sqlite3.Error as error:
            raise unreachable(connection, connection.scrubbed(str(error))) from None
        try:
            opened.execute("BEGIN")
            opened.set_authorizer(_reads_only)
            yield SqliteSession(connection, opened)
        finally:
            opened.close()


def _reads_only(action: int, first: str | None, second: str | None, *_: str | None) -> int:
    """Whether a statement may do something. A query comes with the spec, which can be from someone else: it reads the
    database and nothing else, although SQLite could attach other files, and creates those that do not exist.
    """
    import sqlite3

    reads = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE)
    asks = action == sqlite3.SQLITE_PRAGMA and second is None
    calls = action == sqlite3.SQLITE_FUNCTION and second != "load_extension"
    return sqlite3.SQLITE_OK if action in reads or asks or calls else sqlite3.SQLITE_DENY


class SqliteSession:
    def __init__(self, connection: Connection, opened: sqlite3.Connection) -> None:
        self._connection, self._opened = connection, opened

    def columns(self, table: str) -> list[str] | None:
        import sqlite3

        try:
            return _names(self._opened.execute(f"SELECT * FROM {table} LIMIT 0"))
        except sqlite3.Error as error:
            if str(error).startswith("no such table"):
                return None
            raise self._failure(error) from None

    def values(self, query: str) -> list[tuple[object, ...]]:
        return self._fetched(self._run(query), 2)

    def rows(self, query: str, needed: Needed) -> pl.DataFrame:
        import polars as pl

        cursor = self._run(query)
        names = _names(cursor)
        needed.check(names)
        columns: list[list[Any]] = [[] for _ in names]
        while batch := self._fetched(cursor, _BATCH):
            for column, values in zip(columns, zip(*batch, strict=True), strict=True):
                column.append(_chunk(values))
        read = zip(names, columns, strict=True)
        made = (
            _column(name, chunks, name in needed.booleans) for name, chunks in read if name in needed.columns
        )
        return pl.DataFrame([*made]).select(needed.columns)

    def _run(self, query: str) -> sqlite3.Cursor:
        import sqlite3

        try:
            return self._opened.execute(query)
        except (sqlite3.Error, sqlite3.Warning) as error:
            raise self._failure(error) from None

    def _fetched(self, cursor: sqlite3.Cursor, count: int) -> list[tuple[object, ...]]:
        import sqlite3

        try:
            return cursor.fetchmany(count)
        except sqlite3.Error as error:
            raise self._failure(error) from None

    def _failure(self, error: Exception) -> Exception:
        name = getattr(error, "sqlite_errorname", "")
        if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            return unreachable(self._connection, "another program is writing to it")
        if name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT", "SQLITE_CANTOPEN", "SQLITE_IOERR")):
            return unreachable(self._connection, self._connection.scrubbed(str(error)))
        if name == "SQLITE_AUTH":
            return refused(self._connection, "only read-only queries are allowed")
        return refused(self._connection, str(error))


def _names(cursor: sqlite3.Cursor) -> list[str]:
    """Return the names of the columns; none for a statement without a result, such as an empty one."""
    return [column[0] for column in cursor.description or ()]


def _chunk(values: Sequence[Any]) -> pl.Series | Sequence[Any]:
    """Return some values of a column as a series, or as they are if they have several types."""
    import polars as pl

    kinds = {*map(type, values)} - {type(None)}
    types: dict[type, Any] = {int: pl.Int64, float: pl.Float64, str: pl.String, bytes: pl.Binary}
    if len(kinds) > 1:
        return values
    return pl.Series(values, dtype=types[kinds.pop()] if kinds else pl.Null)


def _column(name: str, chunks: Sequence[Any], boolean: bool) -> pl.Series:
    """Join the chunks of a column. Its type depends on all values, but not on their order."""
    import polars as pl

    types = {chunk.dtype for chunk in chunks if isinstance(chunk, pl.Series)} - {pl.Null}
    if len(types) < 2 and all(isinstance(chunk, pl.Series) for chunk in chunks):
        type_ = types.pop() if types else pl.Null()
        whole = pl.concat([chunk.cast(type_) for chunk in chunks]) if chunks else pl.Series(dtype=type_)
        truths = boolean and type_ == pl.Int64 and whole.is_in([0, 1]).all()
        return (whole.cast(pl.Boolean) if truths else whole).alias(name)
    values = [value for chunk in chunks for value in chunk]
    kinds = {*map(type, values)} - {type(None)}
    if bytes in kinds:
        raise data_failure(
            f"column '{name}' has binary and other values, which no dtype can represent; convert it in the query"
        )
    if str not in kinds and all(abs(value) <= _EXACT for value in values if type(value) is int):
        return pl.Series(name, [None if value is None else float(value) for value in values], pl.Float64)
    return pl.Series(name, [None if value is None else str(value) for value in values], pl.String)
