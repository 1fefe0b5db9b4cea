"""The databases that a source of type `sql` can read, one class per file."""

from __future__ import annotations

from mlbuild.catalogue import Catalogue
from mlbuild.data.databases.database import Database

#: The classes for the schemes of `connection`.
DATABASES: Catalogue[type[Database]] = Catalogue(
    {
        "sqlite": "mlbuild.data.databases.sqlite.Sqlite",
        "duckdb": "mlbuild.data.databases.duckdb.Duckdb",
        "postgresql": "mlbuild.data.databases.postgresql.Postgresql",
        "postgres": "mlbuild.data.databases.postgresql.Postgresql",
    }
)
