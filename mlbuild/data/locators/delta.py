"""A table in the format of Delta Lake: a folder of Parquet files, and a log of its versions."""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from mlbuild.data.databases.database import Needed, quoted
from mlbuild.data.databases.table import keep_rows
from mlbuild.data.locators.locator import Located, Locator
from mlbuild.data.locators.missing import not_installed
from mlbuild.data.locators.remote import Refresh, Remote, Wanted, seconds_of
from mlbuild.data.locators.url import called_in_messages, is_url, mistake_in, trace
from mlbuild.data.locators.variables import Expanded, expand
from mlbuild.data.servers import CLOUDS
from mlbuild.data.servers.address import Address
from mlbuild.data.servers.server import Server
from mlbuild.diagnostics import Failed, Failure, Problem, Rejected, data_failure
from mlbuild.frozen import frozen
from mlbuild.params import Integer, Json, Text, field
from mlbuild.progress import Report

if TYPE_CHECKING:
    import deltalake

_AT = ("path",)
_LOG = "_delta_log"
_ADVICE = "leave it out of the contract"
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
#: What a library says about a file that does not exist.
_GONE = re.compile(r"not found|No such file|NotFound|status code: 404")


@frozen
class Delta(Locator):
    """A table of Delta Lake. Its newest version is fetched, or the one that `version` names."""

    scheme = "delta"
    only = True
    usual = ("version",)

    path: str = field(
        Text(),
        "Folder of the table, relative to the folder of the spec, or its URL: `s3://`, `gs://` or `az://`.",
        examples=("tables/payments",),
    )
    version: int | None = field(
        Integer(min=0), "Version of the table. Default: the newest one.", default=None, examples=(3,)
    )
    refresh: str | None = field(
        Refresh(),
        "When to look for a newer version: `always`, `never`, or after a duration such as `6h`. Default: `always`, "
        "or `never` if `version` is set, because a version does not change.",
        default=None,
        examples=("6h",),
    )

    def locate(self, root: Path, environment: Mapping[str, str]) -> Located:
        called = called_in_messages(self.path)
        try:
            path = expand(self.path, environment)
        except Rejected as rejected:
            problems = tuple(problem.under(*_AT) for problem in rejected.problems)
            return Located(called, {}, called, problems=problems)
        lacks = (
            []
            if find_spec("deltalake")
            else [not_installed("reading Delta Lake", ["deltalake"], "lake", _AT)]
        )
        if is_url(path.text):
            return self._remote(path, called, environment, lacks)
        folder = (root / path.text).absolute()
        problem = _missing(folder, self.path)
        place = os.path.normpath(folder)
        return Located(
            called=called,
            externals={},
            place=place,
            remote=self._table(called, place, None, None, folder),
            variables=path.names,
            looked_at=(folder, folder / _LOG),
            problems=(*lacks, *([problem] if problem else [])),
        )

    def _remote(
        self, path: Expanded, called: str, environment: Mapping[str, str], lacks: list[Problem]
    ) -> Located:
        address = Address(path.text.rstrip("/"), called)
        problem = mistake_in(self.path, address, CLOUDS, environment)
        if problem is not None:
            return Located(called, {}, called, problems=(problem,))
        cloud = CLOUDS.named(address.scheme)
        place = cloud.place(address, environment)
        return Located(
            called=called,
            externals={},
            place=place,
            remote=self._table(called, place, cloud, address, None),
            variables=tuple(dict.fromkeys([*path.names, *cloud.variables])),
            problems=tuple(lacks),
        )

    def _table(
        self,
        called: str,
        place: str,
        cloud: type[Server] | None,
        address: Address | None,
        folder: Path | None,
    ) -> DeltaTable:
        refresh = self.refresh or ("always" if self.version is None else "never")
        return DeltaTable(called, trace(place), seconds_of(refresh), self.version, cloud, address, folder)


def _missing(folder: Path, named: str) -> Problem | None:
    if not folder.is_dir():
        help_ = "paths are relative to the folder of the spec"
        return Problem("missing-file", f"there is no folder '{named}'", _AT, help_)
    if not (folder / _LOG).is_dir():
        return Problem("missing-file", f"'{named}' is not a Delta table: it has no folder '{_LOG}'", _AT)
    return None


@frozen
class DeltaTable(Remote):
    """A table of Delta Lake that can be asked: one in a cloud, or in a local folder."""

    pinned: int | None
    cloud: type[Server] | None
    address: Address | None
    folder: Path | None = dataclasses.field(repr=False)

    @property
    def libraries(self) -> tuple[str, ...]:
        return ("polars", "deltalake")

    def request(self, wanted: Wanted) -> Json:
        columns, unique = [*wanted.columns], [*wanted.unique]
        return {"path": self.called, "version": self.pinned, "columns": columns, "unique": unique}

    def uses(self) -> tuple[type, ...]:
        return (type(self), *([self.cloud] if self.cloud else []))

    @contextmanager
    def opened(self, request: Json) -> Iterator[OpenedDelta]:
        yield OpenedDelta(self, self._opened(), request)

    def _opened(self) -> deltalake.DeltaTable:
        """Open the version.

        Raises:
            Failed: It does not exist, or is out of reach.
        """
        import deltalake
        from deltalake.exceptions import DeltaError, TableNotFoundError

        where = self.folder.as_uri() if self.folder is not None else self.address.url if self.address else ""
        try:
            options = self.cloud.settings(self.address) if self.cloud and self.address else None
            table = deltalake.DeltaTable(where, storage_options=options)
            newest = table.version()
            if self.pinned is not None and self.pinned > newest:
                message = f"'{self.called}' has no version {self.pinned}; the newest one is {newest}"
                raise data_failure(message)
            if self.pinned not in (None, newest):
                table = deltalake.DeltaTable(where, version=self.pinned, storage_options=options)
            self._check_files(table)
            return table
        except (Failed, MemoryError):
            raise
        except TableNotFoundError:
            raise data_failure(f"'{self.called}' is not a Delta table") from None
        except DeltaError as error:
            if self.pinned is None:
                raise self.failure(error) from None
            gone = (
                f"version {self.pinned} of '{self.called}' cannot be opened: its log may have been cleaned up"
            )
            raise data_failure(gone) from None
        except Exception as error:  # the library can raise anything, and its message can contain a signature
            raise self.failure(error) from None

    def _check_files(self, table: deltalake.DeltaTable) -> None:
        """Check that the log only names files of the table: it could name any file of this machine.

        Raises:
            Failed: Of kind `data`: it does.
        """
        import polars as pl

        named = map(unquote, pl.DataFrame(table.get_add_actions())["path"])
        if not all(map(self._inside, named)):
            raise data_failure(f"'{self.called}' has files outside its folder")

    def _inside(self, name: str) -> bool:
        if name.startswith("/") or ".." in name.split("/") or _ABSOLUTE.match(name):
            return False
        if self.folder is None:
            return True
        return os.path.realpath(self.folder / name).startswith(f"{os.path.realpath(self.folder)}{os.sep}")

    def failure(self, error: Exception) -> Failed:
        """Create the failure for what the library raised, to be raised."""
        if self.cloud is not None and self.address is not None:
            return self.cloud.failure(self.address, error, "deltalake")
        unquoted = f"cannot read '{self.called}': the deltalake library failed"
        text = " ".join(str(error).split()).replace(str(self.folder), "***")
        return Failed(Failure("store", f"{unquoted}: {text}", {"unquoted": unquoted}))


class OpenedDelta:
    """An open version of a table, and what is asked of it."""

    def __init__(self, remote: DeltaTable, table: deltalake.DeltaTable, request: Json) -> None:
        self._remote, self._table, self._request = remote, table, request

    def version(self) -> str:
        return f"{self._table.metadata().id} {self._table.version()}"

    def write(self, file: Path, progress: Report) -> int:
        import polars as pl
        from deltalake import QueryBuilder

        what, columns = f"'{self._remote.called}'", self._request["columns"]
        Needed(columns, (), what).check([one.name for one in self._table.schema().fields])
        try:
            asked = f"SELECT {', '.join(map(quoted, columns))} FROM rows"
            rows = pl.DataFrame(QueryBuilder().register("rows", self._table).execute(asked).read_all())
        except MemoryError:
            raise
        except Exception as error:  # a query can raise anything, and its message can contain a signature
            if _GONE.search(str(error)):
                raise self._vacuumed() from None
            raise self._remote.failure(error) from None
        return keep_rows(rows, what, self._request["unique"], file, progress, _ADVICE)

    def _vacuumed(self) -> Failed:
        version = self._table.version()
        help_ = "name a newer version, or use what was fetched before: mlbuild build --offline"
        message = f"version {version} of '{self._remote.called}' has missing files: the table was vacuumed"
        return data_failure(message, lines=[f"help: {help_}"])
