"""PostgreSQL, through ADBC: rows arrive as Arrow batches, without a Python object for each value."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlbuild.data.databases.arrow_types import columns_of
from mlbuild.data.databases.connection import Connection
from mlbuild.data.databases.database import Database, Needed, quoted, refused, unreachable
from mlbuild.data.databases.table import unrepresentable
from mlbuild.diagnostics import Failed

if TYPE_CHECKING:
    import polars as pl

#: How a session begins: it sees one state, and its settings do not depend on the server.
_SETTINGS = (
    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY",
    "SET LOCAL TIME ZONE 'UTC'",
    "SET LOCAL DateStyle = 'ISO'",
    "SET LOCAL extra_float_digits = 1",
)
#: How many seconds to wait for a server that does not answer, unless the connection says so.
_PATIENCE = 10
#: Parts of the messages of libpq and the server, and what they mean.
_CAUSES = {
    "password authentication failed": "the user or the password is wrong",
    "no password supplied": "a password is required",
    "role .* does not exist": "the user or the password is wrong",
    "database .* does not exist": "there is no such database",
    "could not translate host name": "the host name cannot be resolved",
    "timeout expired": "the server does not answer",
    "Connection refused|No such file or directory": "no server is running there",
    'for connection option "port"': "the port is not a number; in a password, write / as %2F, and @ as %40",
    "no pg_hba.conf entry": "the server does not accept connections from here",
    "too many (clients|connections)|remaining connection slots": "the server has too many connections",
    "is starting up|is shutting down|terminating connection|closed the connection": "the server stopped or is starting",
}
_TYPE = "POSTGRESQL:type"
#: Types whose values arrive as they are. Those of others are texts, which have all of their digits.
_EXACT = {
    "bool",
    "int2",
    "int4",
    "int8",
    "float4",
    "float8",
    "text",
    "varchar",
    "date",
    "timestamp",
    "timestamptz",
    "bytea",
}
#: How to write a type as a text, if it is not enough to convert it.
_AS_TEXT = {
    "money": "{0}::numeric::text",
    "inet": "CASE WHEN {0} IS NOT NULL THEN format('%s', {0}) END",  # a conversion adds `/32`
}
#: Types without a meaning as a text: it would depend on settings.
_REFUSED = {"interval", "time", "timetz", "bit", "varbit", "record"}


class Postgresql(Database):
    """A database of a PostgreSQL server, or of another server that speaks its protocol."""

    name = "PostgreSQL"
    schemes = ("postgresql", "postgres")
    libraries = ("adbc-driver-postgresql", "adbc-driver-manager")
    module = "adbc_driver_postgresql"
    extra = "postgres"

    @classmethod
    @contextmanager
    def session(cls, connection: Connection, file: Path | None) -> Iterator[PostgresqlSession]:
        import adbc_driver_manager as adbc
        import adbc_driver_postgresql

        waits = "" if "connect_timeout=" in connection.url else f"connect_timeout={_PATIENCE}"
        mark = "&" if "?" in connection.url else "?"
        try:
            with (
                adbc_driver_postgresql.connect(f"{connection.url}{mark if waits else ''}{waits}") as database,
                adbc.AdbcConnection(database) as opened,
            ):
                opened.set_autocommit(False)
                session = PostgresqlSession(connection, opened)
                for setting in _SETTINGS:
                    session.run(setting)
                yield session
        except adbc.Error as error:  # the session raises its own failures
            raise unreachable(connection, _cause(error) or connection.scrubbed(str(error))) from None


class PostgresqlSession:
    def __init__(self, connection: Connection, opened: Any) -> None:
        self._connection, self._opened = connection, opened

    def columns(self, table: str) -> list[str] | None:
        import adbc_driver_manager as adbc

        try:
            return [name for name, _ in self._described(f"SELECT * FROM {table}")]
        except adbc.Error as error:
            if error.sqlstate in ("42P01", "3F000"):  # no such table, no such schema
                return None
            raise self._failure(error) from None

    def values(self, query: str) -> list[tuple[object, ...]]:
        names = [name for name, _ in self._columns(query)]
        if len(names) != 1:
            return [tuple(names)]
        rows: list[tuple[object, ...]] = self._read(
            f"SELECT v::text FROM (\n{query}\n) AS q(v) LIMIT 2"
        ).rows()
        return rows

    def rows(self, query: str, needed: Needed) -> pl.DataFrame:
        columns = self._columns(query)
        needed.check([name for name, _ in columns])
        types = dict(columns)
        chosen = ", ".join(_converted(name, types[name]) for name in needed.columns)
        return self._read(f"SELECT {chosen} FROM (\n{query}\n) AS q")

    def run(self, statement: str) -> None:
        import adbc_driver_manager as adbc

        with adbc.AdbcStatement(self._opened) as opened:
            opened.set_sql_query(statement)
            opened.execute_update()

    def _columns(self, query: str) -> list[tuple[str, str]]:
        """Return the columns of a query with their types."""
        import adbc_driver_manager as adbc

        try:
            columns = self._described(query)
        except adbc.Error as error:
            raise self._failure(error) from None
        if not columns:
            raise refused(self._connection, "it must be one SELECT statement")
        return columns

    def _described(self, query: str) -> list[tuple[str, str]]:
        import adbc_driver_manager as adbc

        with adbc.AdbcStatement(self._opened) as statement:
            statement.set_sql_query(query)
            schema = statement.execute_schema()
            try:
                return [(name, facts.get(_TYPE, "")) for name, facts in columns_of(schema.address)]
            finally:
                schema.release()

    def _read(self, query: str) -> pl.DataFrame:
        import adbc_driver_manager as adbc
        import polars as pl

        try:
            with adbc.AdbcStatement(self._opened) as statement:
                statement.set_sql_query(query)
                return pl.DataFrame(statement.execute_query()[0])
        except (adbc.Error, pl.exceptions.ComputeError) as error:
            raise self._failure(error) from None

    def _failure(self, error: Exception) -> Failed:
        cause = _cause(error)
        if cause is not None and getattr(error, "sqlstate", None) is None:
            return unreachable(self._connection, cause)
        said = re.search(r"(?:ERROR|FATAL): +(.*)", str(error))
        return refused(self._connection, said[1] if said else str(error).partition("\nQuery was:")[0])


def _converted(name: str, type_: str) -> str:
    """Return an expression for a column whose values arrive exactly.

    Raises:
        Failed: Of kind `data`: no dtype represents the type.
    """
    if type_ in _REFUSED or type_.startswith("_"):  # the second is a list
        raise unrepresentable(name, type_.replace("_", "list of ", 1))
    if type_ in _EXACT:
        return quoted(name)
    return f"{_AS_TEXT.get(type_, '{0}::text').format(quoted(name))} AS {quoted(name)}"


def _cause(error: Exception) -> str | None:
    return next((cause for text, cause in _CAUSES.items() if re.search(text, str(error))), None)
