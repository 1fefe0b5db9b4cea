"""The databases that a source of type `sql` can read, one class per file."""

from __future__ import annotations

from mlbuild.data.databases.duckdb import Duckdb
from mlbuild.data.databases.postgresql import Postgresql
from mlbuild.data.databases.sqlite import Sqlite

#: The classes for the schemes of `connection`.
DATABASES = (Sqlite, Duckdb, Postgresql)

__all__ = ["DATABASES"]
