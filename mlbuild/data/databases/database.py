"""The base class of databases: how a query becomes a table."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Protocol

from mlbuild.data.databases.connection import Connection
from mlbuild.diagnostics import Failed, Failure, data_failure
from mlbuild.frozen import frozen
from mlbuild.hints import did_you_mean, listed

if TYPE_CHECKING:
    import polars as pl


@frozen
class Needed:
    """The columns that are needed of `what`.

    A database without booleans reads 0 and 1 in the columns `booleans` as such.
    """

    columns: Sequence[str]
    booleans: Sequence[str]
    what: str

    def check(self, has: Sequence[str]) -> None:
        """Check that each needed column exists once.

        Raises:
            Failed: Of kind `data`: one does not.
        """
        lost = [name for name in self.columns if name not in has]
        if lost:
            near = did_you_mean(lost[0], has) or f"available columns: {listed(has)}"
            column = "column" if len(lost) == 1 else "columns"
            told = listed(f"'{name}'" for name in lost)
            raise data_failure(f"{self.what} has no {column} {told}", lines=[f"help: {near}"])
        twice = [name for name in self.columns if has.count(name) > 1]
        if twice:
            raise data_failure(f"{self.what} has two columns '{twice[0]}'")


class Session(Protocol):
    """An open database, in one read-only transaction that sees one state of all tables.

    Its methods raise `Failed` of kind `data` if the database rejects the query, with the reason.
    """

    def columns(self, table: str) -> list[str] | None:
        """Return the names of the columns of a quoted table; None if there is no such table."""

    def values(self, query: str) -> list[tuple[object, ...]]:
        """Return the first two rows of a query."""

    def rows(self, query: str, needed: Needed) -> pl.DataFrame:
        """Return the needed columns of a query, and check that it has them before anything is read."""


class Database:
    """A kind of database. It is a value without state, and is found by the scheme of a connection."""

    #: The name in messages, and the schemes of its connections.
    name: ClassVar[str]
    schemes: ClassVar[tuple[str, ...]]
    #: The distributions that read it, the module to import, and the extra of mlbuild that installs them.
    libraries: ClassVar[tuple[str, ...]] = ()
    module: ClassVar[str]
    extra: ClassVar[str] = ""
    #: Whether it is a local file.
    local: ClassVar[bool] = False

    @classmethod
    def session(cls, connection: Connection, file: Path | None) -> AbstractContextManager[Session]:
        """Open a database for reading. `file` is the path of one that is a local file.

        Raises:
            Failed: Of kind `store`: it is out of reach, or refuses the connection.
        """
        raise NotImplementedError


def unreachable(connection: Connection, reason: str) -> Failed:
    """Create the failure for a database that cannot be opened, to be raised."""
    return Failed(Failure("store", f"cannot open '{connection.called}': {reason}"))


def refused(connection: Connection, reason: str, unquoted: str = "the database rejected the query") -> Failed:
    """Create the failure for a query that a database refuses, to be raised. The reason can quote values."""
    said = connection.scrubbed(reason)
    details = {"unquoted": unquoted}
    return Failed(Failure("data", f"{unquoted}: {said}" if said else unquoted, details))


def quoted(name: str) -> str:
    """Quote the name of a table or column as SQL does. A table can have a schema: `shop.payments`."""
    return '"' + name.replace('"', '""') + '"'
