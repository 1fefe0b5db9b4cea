"""A table of a database, or the result of a query."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path

from mlbuild.data.databases import DATABASES
from mlbuild.data.databases.connection import Connection
from mlbuild.data.databases.database import Database, Needed, Session, quoted
from mlbuild.data.databases.table import keep_rows
from mlbuild.data.locators.locator import Located, Locator
from mlbuild.data.locators.missing import missing, not_installed
from mlbuild.data.locators.remote import Refresh, Remote, Wanted, seconds_of
from mlbuild.data.locators.variables import expand
from mlbuild.diagnostics import Failed, Failure, Problem, Rejected, data_failure
from mlbuild.frozen import frozen
from mlbuild.hints import listed
from mlbuild.params import Json, Text, field
from mlbuild.progress import Report

_AT = ("connection",)


@frozen
class Sql(Locator):
    """A table of a database, or the result of a query. It is fetched in one transaction, and kept until it is fetched
    again.
    """

    scheme = "sql"
    only = True
    usual = ("connection", "query")

    connection: str = field(
        Text(),
        "Database as a URL, such as `sqlite:///shop.db`. Put passwords in environment "
        "variables, such as `${SHOP_URL}`.",
        examples=("sqlite:///shop.db",),
    )
    query: str | None = field(
        Text(), "SQL query that returns the columns of the contract, instead of `table`.", default=None
    )
    table: str | None = field(
        Text(),
        "Name of a table or view, instead of `query`. Only the columns of the contract are read.",
        default=None,
    )
    refresh: str = field(
        Refresh(),
        "When to fetch again: `always`, `never`, or after a duration such as `6h`.",
        default="always",
    )
    version_query: str | None = field(
        Text(),
        "SQL query with one value, such as `SELECT max(updated_at) FROM payments`. The table is "
        "not fetched again as long as the result of this query stays the same.",
        default=None,
    )

    def check(self) -> Iterator[Problem]:
        if self.query is None and self.table is None:
            yield Problem("missing-key", "a sql source needs 'query' or 'table'")
        if self.query is not None and self.table is not None:
            message = "'query' and 'table' cannot be used together"
            yield Problem("contradiction", message, ("table",), "remove one of them", on="key")
        for key, value in (
            ("query", self.query),
            ("table", self.table),
            ("version_query", self.version_query),
        ):
            if value is not None and not value.strip():
                yield Problem("empty", f"'{key}' is empty", (key,))

    def locate(self, root: Path, environment: Mapping[str, str]) -> Located:
        written = Connection(self.connection, "the connection")
        bare = [secret for secret in written.secrets() if "${" not in secret]
        named = "the connection" if bare else self.connection
        try:
            expanded = expand(self.connection, environment)
        except Rejected as rejected:
            problems = tuple(problem.under(*_AT) for problem in rejected.problems)
            return Located(named, {}, named, key="connection", problems=problems)
        connection = Connection(expanded.text, named)
        if connection.scheme not in DATABASES.names:
            schemes = listed(f"{scheme}://" for scheme in DATABASES.names)
            message, help_ = f"'{named}' is not the URL of a database", f"it must start with one of {schemes}"
            wrong = Problem("bad-format", message, _AT, help_)
            return Located(named, {}, named, key="connection", problems=(wrong,))
        database = DATABASES.named(connection.scheme)
        # Defaults are part of the spec, and can be shown.
        varies = any(environment.get(name) for name in expanded.names)
        file = (root / connection.path).absolute() if database.local else None
        server = connection.place if file is None else os.path.normpath(file)
        return Located(
            called=named,
            externals={},
            place=f"{server} {self.table or self.query}",
            remote=SqlTable(
                named, connection.trace, seconds_of(self.refresh), self, connection, database, file
            ),
            variables=expanded.names,
            looked_at=() if file is None else (file,),
            key="connection",
            problems=tuple(self._problems(connection, database, file, varies, bool(bare))),
        )

    def _problems(
        self, connection: Connection, database: type[Database], file: Path | None, varies: bool, bare: bool
    ) -> Iterator[Problem]:
        if find_spec(database.module) is None:
            yield not_installed(f"reading {database.name}", database.libraries, database.extra, _AT)
        if bare:
            help_ = "put the connection into an environment variable: connection: ${DATABASE_URL}"
            yield Problem("written-password", "the connection contains a password", _AT, help_, on="key")
        if file is not None:
            problem = missing(file, connection.path, _AT, "the folder of the spec")
            if problem and varies:  # the value of a variable is not shown
                problem = Problem("missing-file", f"there is no file '{self.connection}'", _AT)
            if problem:
                yield problem


@frozen
class SqlTable(Remote):
    """A table of a database, or the result of a query, that can be asked."""

    asked: Sql
    connection: Connection
    database: type[Database]
    file: Path | None = dataclasses.field(repr=False, default=None)

    def request(self, wanted: Wanted) -> Json:
        return {
            "database": self.database.name,
            "query": _bare(self.asked.query),
            "table": self.asked.table,
            "version_query": _bare(self.asked.version_query),
            "columns": [*wanted.columns],
            "booleans": [name for name, dtype in wanted.columns.items() if dtype == "bool"],
            "unique": [*wanted.unique],
        }

    @property
    def libraries(self) -> tuple[str, ...]:
        return ("polars", *self.database.libraries)

    def uses(self) -> tuple[type, ...]:
        return (type(self), self.database)

    @contextmanager
    def opened(self, request: Json) -> Iterator[OpenedTable]:
        with ExitStack() as stack:
            with self.worded():
                session = stack.enter_context(self.database.session(self.connection, self.file))
            yield OpenedTable(self, session, request)

    @contextmanager
    def worded(self) -> Iterator[None]:
        """Keep the connection out of any message of a library that talks to the database.

        Raises:
            Failed: Of kind `task`: such a library failed in a way that its session does not know.
        """
        try:
            yield
        except (Failed, MemoryError):  # these have messages of our own
            raise
        except Exception as error:  # a driver can raise anything, and its message can contain the connection
            text = self.connection.scrubbed(f"{type(error).__name__}: {error}")
            raise Failed(Failure("task", text, {"unquoted": type(error).__name__})) from None


def _bare(query: str | None) -> str | None:
    """Return a query without what may stand around it."""
    return query and query.strip().removesuffix(";").rstrip()


class OpenedTable:
    """An open database, and what is asked of it."""

    def __init__(self, table: SqlTable, session: Session, request: Json) -> None:
        self._table, self._session, self._request = table, session, request

    def version(self) -> str | None:
        query = self._request["version_query"]
        if query is None:
            return None
        with self._table.worded():
            rows = self._session.values(query)
        if len(rows) != 1 or len(rows[0]) != 1:
            raise data_failure("'version_query' must return one row with one value")
        return None if rows[0][0] is None else str(rows[0][0])

    def write(self, file: Path, progress: Report) -> int:
        table, query = self._request["table"], self._request["query"]
        what = "the result of the query" if table is None else f"table '{table}'"
        needed = Needed(self._request["columns"], self._request["booleans"], what)
        with self._table.worded():
            rows = self._session.rows(query if table is None else self._select(table, needed), needed)
        return keep_rows(rows, what, self._request["unique"], file, progress)

    def _select(self, table: str, needed: Needed) -> str:
        """Return the query for the needed columns of a table, which can have a schema: `shop.payments`."""
        name = ".".join(map(quoted, table.split(".")))
        has = self._session.columns(name)
        if has is None:
            raise data_failure(f"there is no table '{table}'")
        needed.check(has)
        return f"SELECT {', '.join(map(quoted, needed.columns))} FROM {name}"
