"""A table of Apache Iceberg, whose catalog is in a database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlbuild.data.databases.database import Needed, quoted
from mlbuild.data.databases.table import keep_rows
from mlbuild.data.locators.iceberg_files import IcebergFiles
from mlbuild.data.locators.locator import Located, Locator
from mlbuild.data.locators.missing import not_installed
from mlbuild.data.locators.remote import Refresh, Remote, Wanted, seconds_of
from mlbuild.data.locators.sql import Sql, SqlTable
from mlbuild.data.servers import CLOUDS
from mlbuild.data.servers.server import Server
from mlbuild.diagnostics import Failed, Failure, Problem, data_failure
from mlbuild.frozen import frozen
from mlbuild.params import Integer, Json, Text, field
from mlbuild.progress import Report

if TYPE_CHECKING:
    from pyiceberg.table import DataScan

#: The table of a catalog that names the others.
_TABLES = "iceberg_tables"
_ADVICE = "leave it out of the contract"


@frozen
class Iceberg(Locator):
    """A table of Apache Iceberg. Its current snapshot is fetched, or the one that `snapshot` names."""

    scheme = "iceberg"
    only = True
    usual = ("snapshot",)

    connection: str = field(
        Text(),
        "Database with the catalog as a URL, such as `sqlite:///catalog.db`. Put passwords in environment "
        "variables, such as `${CATALOG_URL}`.",
        examples=("sqlite:///catalog.db",),
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
        located = Sql(connection=self.connection, table=_TABLES).locate(root, environment)
        catalog = located.remote
        remote = None
        if isinstance(catalog, SqlTable):
            refresh = self.refresh or ("always" if self.snapshot is None else "never")
            remote = IcebergTable(
                catalog.called,
                catalog.place,
                seconds_of(refresh),
                catalog,
                self.table,
                self.snapshot,
                dict(CLOUDS.items()),
            )
        place = f"{located.place} {self.table}"
        return replace(located, place=place, remote=remote, problems=(*self._lacks(), *located.problems))

    def _lacks(self) -> Iterator[Problem]:
        if not (find_spec("pyiceberg") and find_spec("pyarrow")):
            yield not_installed("reading Iceberg", ["pyiceberg", "pyarrow"], "lake", ("connection",))


@frozen
class IcebergTable(Remote):
    """A table of Apache Iceberg that can be asked."""

    catalog: SqlTable
    table: str
    pinned: int | None
    clouds: Mapping[str, type[Server]]

    @property
    def libraries(self) -> tuple[str, ...]:
        return ("polars", "pyiceberg", "pyarrow", *self.catalog.database.libraries)

    def request(self, wanted: Wanted) -> Json:
        columns, unique = [*wanted.columns], [*wanted.unique]
        return {"table": self.table, "snapshot": self.pinned, "columns": columns, "unique": unique}

    def uses(self) -> tuple[type, ...]:
        return (type(self), *self.catalog.uses(), *self.clouds.values())

    @contextmanager
    def opened(self, request: Json) -> Iterator[OpenedIceberg]:
        with self.worded():
            from pyiceberg.serializers import FromInputFile

            folder = self.catalog.file.parent if self.catalog.file else None
            files = IcebergFiles(self.called, self.table, folder, self.clouds)
            found: Any = files.new_input(self._location())
            metadata = FromInputFile.table_metadata(found)
        current = metadata.current_snapshot_id if self.pinned is None else self.pinned
        if self.pinned is not None and metadata.snapshot_by_id(self.pinned) is None:
            raise data_failure(f"table '{self.table}' has no snapshot {self.pinned}: it may have expired")
        yield OpenedIceberg(self, metadata, files, current, request)

    def _location(self) -> str:
        """Return where the metadata of the table are now.

        Raises:
            Failed: The catalog is out of reach, or has no such table.
        """
        namespace, _, name = self.table.rpartition(".")
        wanted = f"table_namespace = {_literal(namespace)} AND table_name = {_literal(name)}"
        with ExitStack() as stack, self.catalog.worded():
            session = stack.enter_context(
                self.catalog.database.session(self.catalog.connection, self.catalog.file)
            )
            if session.columns(quoted(_TABLES)) is None:
                raise data_failure(f"'{self.called}' is not a catalog: it has no table '{_TABLES}'")
            rows = session.values(f"SELECT metadata_location FROM {_TABLES} WHERE {wanted}")
        if len(rows) > 1:
            raise data_failure(f"several catalogs in '{self.called}' have a table '{self.table}'")
        if not rows or rows[0][0] is None:
            raise data_failure(f"there is no table '{self.table}'")
        return str(rows[0][0])

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
            text = self.catalog.connection.scrubbed(f"{type(error).__name__}: {error}")
            if self.catalog.file is not None:
                text = text.replace(str(self.catalog.file.parent), "***")
            raise Failed(Failure("store", f"{unquoted}: {text}", {"unquoted": unquoted})) from None


def _literal(text: str) -> str:
    """Write a text in SQL."""
    return "'" + text.replace("'", "''") + "'"


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
