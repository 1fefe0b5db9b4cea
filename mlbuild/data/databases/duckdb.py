"""DuckDB, with its own library."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlbuild.data.databases.connection import Connection
from mlbuild.data.databases.database import Database, Needed, quoted, refused, unreachable
from mlbuild.data.databases.table import unrepresentable
from mlbuild.diagnostics import Failed

if TYPE_CHECKING:
    import polars as pl

#: A query comes with the spec, which can be from someone else: it reads the database and nothing else.
_CONFIG: dict[str, str | bool | int | float | list[str]] = {"enable_external_access": "false"}
#: Types that polars does not read.
_REFUSED = ("INTERVAL", "BIT", "UNION", "VARIANT")
#: How messages of DuckDB begin that have a simpler cause, and the cause.
_CAUSES = {
    "Could not set lock": "another program is using it",
    "not a valid DuckDB database": "it is not a DuckDB file",
    "different configuration": "this process already uses it",
}


class Duckdb(Database):
    """A DuckDB file."""

    name = "DuckDB"
    schemes = ("duckdb",)
    libraries = ("duckdb",)
    module = "duckdb"
    extra = "duckdb"
    local = True

    @classmethod
    @contextmanager
    def session(cls, connection: Connection, file: Path | None) -> Iterator[DuckdbSession]:
        import duckdb

        assert file is not None
        try:
            opened = duckdb.connect(str(file), read_only=True, config=_CONFIG)
        except duckdb.Error as error:
            causes = [cause for text, cause in _CAUSES.items() if text in str(error)]
            said = connection.scrubbed(str(error).replace(str(file), "***"))
            raise unreachable(connection, causes[0] if causes else said) from None
        try:
            for statement in ("SET TimeZone = 'UTC'", "SET lock_configuration = true", "BEGIN"):
                opened.execute(statement)
            yield DuckdbSession(connection, opened)
        finally:
            opened.close()


class DuckdbSession:
    def __init__(self, connection: Connection, opened: Any) -> None:
        self._connection, self._opened = connection, opened

    def columns(self, table: str) -> list[str] | None:
        import duckdb

        try:
            return [*self._opened.sql(f"FROM {table}").columns]
        except duckdb.CatalogException:
            return None
        except duckdb.Error as error:
            raise self._failure(error) from None

    def values(self, query: str) -> list[tuple[object, ...]]:
        import duckdb

        try:
            rows: list[tuple[object, ...]] = self._relation(query).limit(2).fetchall()
        except duckdb.Error as error:
            raise self._failure(error) from None
        return rows

    def rows(self, query: str, needed: Needed) -> pl.DataFrame:
        import duckdb
        import polars as pl

        relation = self._relation(query)
        needed.check(relation.columns)
        for name, type_ in zip(relation.columns, map(str, relation.types), strict=True):
            if name in needed.columns and type_.startswith(_REFUSED):
                raise unrepresentable(name, type_)
        try:
            return pl.DataFrame(_Stream(relation.project(", ".join(map(quoted, needed.columns)))))
        except duckdb.Error as error:
            raise self._failure(error) from None

    def _relation(self, query: str) -> Any:
        """Return a query that is not executed yet."""
        import duckdb

        try:
            statements = self._opened.extract_statements(query)
            if [one.type for one in statements] != [duckdb.StatementType.SELECT]:
                raise refused(self._connection, "it must be one SELECT statement")
            return self._opened.sql(query)
        except duckdb.Error as error:
            raise self._failure(error) from None

    def _failure(self, error: Exception) -> Failed:
        return refused(self._connection, str(error).partition("\n\nLINE ")[0])


class _Stream:
    """The result of a query as a stream of Arrow batches. polars would fetch a relation itself in another way."""

    def __init__(self, relation: Any) -> None:
        self._relation = relation

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._relation.__arrow_c_stream__(requested_schema)
