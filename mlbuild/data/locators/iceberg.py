"""A table of Apache Iceberg, whose catalog is in a database or a web service."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlbuild.data.databases.database import Needed
from mlbuild.data.databases.table import keep_rows
from mlbuild.data.locators.iceberg_catalogs import TABLES, Catalog, RestCatalog, SqlCatalog
from mlbuild.data.locators.iceberg_files import IcebergFiles
from mlbuild.data.locators.locator import Located, Locator
from mlbuild.data.locators.missing import not_installed
from mlbuild.data.locators.remote import Refresh, Remote, Wanted, seconds_of
from mlbuild.data.locators.sql import Sql, SqlTable
from mlbuild.data.locators.url import has_secrets, trace
from mlbuild.data.locators.variables import Expanded, expand
from mlbuild.data.servers import CLOUDS
from mlbuild.data.servers.address import Address
from mlbuild.data.servers.server import Server
from mlbuild.data.servers.web import is_encrypted
from mlbuild.diagnostics import Failed, Failure, Problem, Rejected, data_failure
from mlbuild.frozen import frozen
from mlbuild.params import Integer, Json, Text, field
from mlbuild.progress import Report

if TYPE_CHECKING:
    from pyiceberg.table import DataScan

_ADVICE = "leave it out of the contract"


@frozen
class Iceberg(Locator):
    """A table of Apache Iceberg. Its current snapshot is fetched, or the one that `snapshot` names."""

    scheme = "iceberg"
    only = True
    usual = ("snapshot",)

    connection: str = field(
        Text(),
        "Catalog as a URL: that of a database, such as `sqlite:///catalog.db`, or of a REST service, such as "
        "`https://catalog.example.com/api`. Put passwords in environment variables, such as `${CATALOG_URL}`.",
        examples=("sqlite:///catalog.db",),
    )
    warehouse: str | None = field(
        Text(), "Name of the warehouse in a REST catalog that has several.", default=None
    )
    table: str = field(
        Text(r"^[^.]+(?:\.[^.]+)+$", "a namespace and a name, such as shop.payments"),
        "Name of the table with its namespace: `shop.payments`.",
        examples=("shop.payments",),
    )
    snapshot: int | None = field(
        Integer(min=0),
        "Number of the snapshot. Default: the current one.",
        default=None,
        examples=(7932295369191607665,),
    )
    refresh: str | None = field(
        Refresh(),
        "When to look for a newer snapshot: `always`, `never`, or after a duration such as `6h`. Default: `always`, "
        "or `never` if `snapshot` is set, because a snapshot does not change.",
        default=None,
        examples=("6h",),
    )

    def locate(self, root: Path, environment: Mapping[str, str]) -> Located:
        try:
            connection = expand(self.connection, environment)
        except Rejected:  # what is said about databases says it
            connection = None
        if connection is not None and Address(connection.text, "").scheme in ("https", "http"):
            return self._in_service(connection)
        located = Sql(connection=self.connection, table=TABLES).locate(root, environment)
        tables = located.remote
        remote = None
        if isinstance(tables, SqlTable):
            remote = self._table(SqlCatalog(tables), tables.called, tables.place)
        place, problems = f"{located.place} {self.table}", (*self._lacks(), *located.problems)
        if self.warehouse is not None and remote is not None:
            message = "'warehouse' has no effect on a catalog in a database"
            problems = (*problems, Problem("no-effect", message, ("warehouse",), "remove it", on="key"))
        return replace(located, place=place, remote=remote, problems=problems)

    def _in_service(self, connection: Expanded) -> Located:
        secret = has_secrets(self.connection)
        called = "the connection" if secret else self.connection
        address = Address(connection.text, called)
        place = f"{address.place} {self.warehouse} {self.table}"
        catalog = RestCatalog(address, self.warehouse)
        at = ("connection",)
        problems = [*self._lacks()]
        if secret:
            help_ = "put the connection into an environment variable: connection: ${CATALOG_URL}"
            message = "the connection contains a password"
            problems.append(Problem("written-password", message, at, help_, on="key"))
        elif not address.host:
            problems.append(Problem("bad-format", f"'{called}' does not name a server", at))
        elif not is_encrypted(address.scheme, address.host):
            help_ = "use https://; only servers on this machine can use http://"
            problems.append(Problem("bad-format", f"'{called}' is not encrypted", at, help_))
        return Located(
            called=called,
            externals={},
            place=place,
            remote=self._table(catalog, called, trace(place)),
            variables=tuple(connection.names),
            key="connection",
            problems=tuple(problems),
        )

    def _table(self, catalog: Catalog, called: str, place: str) -> IcebergTable:
        refresh = seconds_of(self.refresh or ("always" if self.snapshot is None else "never"))
        return IcebergTable(called, place, refresh, catalog, self.table, self.snapshot, dict(CLOUDS.items()))

    def _lacks(self) -> Iterator[Problem]:
        if not (find_spec("pyiceberg") and find_spec("pyarrow")):
            yield not_installed("reading Iceberg", ["pyiceberg", "pyarrow"], "lake", ("connection",))


@frozen
class IcebergTable(Remote):
    """A table of Apache Iceberg that can be asked."""

    catalog: Catalog
    table: str
    pinned: int | None
    clouds: Mapping[str, type[Server]]

    @property
    def libraries(self) -> tuple[str, ...]:
        return ("polars", "pyiceberg", "pyarrow", *self.catalog.libraries)

    def request(self, wanted: Wanted) -> Json:
        columns, unique = [*wanted.columns], [*wanted.unique]
        warehouse = self.catalog.warehouse
        where = {} if warehouse is None else {"warehouse": warehouse}
        return {"table": self.table, "snapshot": self.pinned, "columns": columns, "unique": unique, **where}

    def uses(self) -> tuple[type, ...]:
        return (type(self), *self.catalog.uses(), *self.clouds.values())

    @contextmanager
    def opened(self, request: Json) -> Iterator[OpenedIceberg]:
        files = IcebergFiles(self.called, self.table, self.catalog.folder, self.clouds)
        with self.worded():
            metadata = self.catalog.metadata(self.table, files)
        current = metadata.current_snapshot_id if self.pinned is None else self.pinned
        if self.pinned is not None and metadata.snapshot_by_id(self.pinned) is None:
            raise data_failure(f"table '{self.table}' has no snapshot {self.pinned}: it may have expired")
        yield OpenedIceberg(self, metadata, files, current, request)

    @contextmanager
    def worded(self) -> Iterator[None]:
        """Word what pyiceberg raises, which could quote the connection.

        Raises:
            Failed: The table cannot be read.
        """
        try:
            yield
        except (Failed, MemoryError):  # these have messages of our own
            raise
        except Exception as error:  # pyiceberg can raise anything, and its message can contain the connection
            unquoted = f"cannot read table '{self.table}': the pyiceberg library failed"
            text = self.catalog.scrubbed(f"{type(error).__name__}: {error}")
            raise Failed(Failure("store", f"{unquoted}: {text}", {"unquoted": unquoted})) from None


class OpenedIceberg:
    """An open snapshot of a table, and what is asked of it."""

    def __init__(
        self, remote: IcebergTable, metadata: Any, files: IcebergFiles, snapshot: int | None, request: Json
    ) -> None:
        self._remote, self._metadata, self._files = remote, metadata, files
        self._snapshot, self._request = snapshot, request

    def version(self) -> str:
        return f"{self._metadata.table_uuid} {self._snapshot}"

    def write(self, file: Path, progress: Report) -> int:
        import polars as pl

        what, columns = f"table '{self._remote.table}'", self._request["columns"]
        if self._snapshot is None:
            raise data_failure(f"{what} has no rows")
        with self._remote.worded():
            has = [one.name for one in self._scan("*").projection().fields]
        Needed(columns, (), what).check(has)
        with self._remote.worded():
            rows = pl.DataFrame(self._scan(*columns).to_arrow())
        return keep_rows(rows.select(columns), what, self._request["unique"], file, progress, _ADVICE)

    def _scan(self, *columns: str) -> DataScan:
        from pyiceberg.table import DataScan

        files: Any = self._files
        return DataScan(self._metadata, files, selected_fields=columns, snapshot_id=self._snapshot)
