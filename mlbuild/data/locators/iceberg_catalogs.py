"""The catalogs of Apache Iceberg: where the metadata of a table are. One is in a database, the other is a web service."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qsl, quote, unquote, urlencode

from mlbuild.data.databases.database import quoted
from mlbuild.data.locators.iceberg_files import IcebergFiles
from mlbuild.data.locators.sql import SqlTable
from mlbuild.data.servers.address import Address
from mlbuild.data.servers.server import unreachable
from mlbuild.data.servers.web import answered, received
from mlbuild.diagnostics import Failed, data_failure
from mlbuild.frozen import frozen

#: The table of a catalog in a database that names the others.
TABLES = "iceberg_tables"
#: The most bytes of one answer of a catalog.
_LARGEST = 1 << 29
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_NOT_A_CATALOG = "its answer is not that of a catalog"


class Catalog(Protocol):
    """A catalog. `folder` is that of a local one, in which its tables must be."""

    @property
    def folder(self) -> Path | None: ...

    @property
    def warehouse(self) -> str | None: ...

    @property
    def libraries(self) -> tuple[str, ...]: ...

    def uses(self) -> tuple[type, ...]:
        """Return the classes that read it."""

    def metadata(self, table: str, files: IcebergFiles) -> Any:
        """Return the current metadata of a table, as pyiceberg represents them.

        Raises:
            Failed: The catalog is out of reach, or has no such table.
        """

    def scrubbed(self, text: str) -> str:
        """Return a message of a library without secrets."""


@frozen
class SqlCatalog:
    """A catalog in a database."""

    tables: SqlTable
    warehouse = None

    @property
    def folder(self) -> Path | None:
        return self.tables.file.parent if self.tables.file else None

    @property
    def libraries(self) -> tuple[str, ...]:
        return self.tables.database.libraries

    def uses(self) -> tuple[type, ...]:
        return (type(self), *self.tables.uses())

    def metadata(self, table: str, files: IcebergFiles) -> Any:
        from pyiceberg.serializers import FromInputFile

        found: Any = files.new_input(self._location(table))
        return FromInputFile.table_metadata(found)

    def scrubbed(self, text: str) -> str:
        text = self.tables.connection.scrubbed(text)
        return text if self.folder is None else text.replace(str(self.folder), "***")

    def _location(self, table: str) -> str:
        """Return where the metadata of the table are now."""
        one, called = self.tables, self.tables.called
        namespace, _, name = table.rpartition(".")
        wanted = f"table_namespace = {_literal(namespace)} AND table_name = {_literal(name)}"
        with ExitStack() as stack, one.worded():
            session = stack.enter_context(one.database.session(one.connection, one.file))
            if session.columns(quoted(TABLES)) is None:
                raise data_failure(f"'{called}' is not a catalog: it has no table '{TABLES}'")
            rows = session.values(f"SELECT metadata_location FROM {TABLES} WHERE {wanted}")
        if len(rows) > 1:
            raise data_failure(f"several catalogs in '{called}' have a table '{table}'")
        if not rows or rows[0][0] is None:
            raise data_failure(f"there is no table '{table}'")
        return str(rows[0][0])


def _literal(text: str) -> str:
    """Write a text in SQL."""
    return "'" + text.replace("'", "''") + "'"


@frozen
class RestCatalog:
    """A catalog that is a web service with the REST API of Apache Iceberg.

    Not the client of pyiceberg, which imports the classes that a server names. Of the settings that the service sends,
    only the prefix of its paths is used.
    """

    address: Address
    warehouse: str | None

    @property
    def folder(self) -> Path | None:
        return None

    @property
    def libraries(self) -> tuple[str, ...]:
        return ()

    def uses(self) -> tuple[type, ...]:
        return (type(self),)

    def scrubbed(self, text: str) -> str:
        return self.address.scrubbed(text)

    def metadata(self, table: str, files: IcebergFiles) -> Any:
        from pyiceberg.table.metadata import TableMetadataUtil

        access = self._access()
        settings = self._asked("v1/config", {"warehouse": self.warehouse} if self.warehouse else {}, access)
        prefix = _setting(settings, "prefix")
        namespace, _, name = table.rpartition(".")
        # The parts of a namespace are separated by a control character, which no name contains.
        place = ["namespaces", "\x1f".join(namespace.split(".")), "tables", name]
        path = "/".join(
            ["v1", *([prefix.strip("/")] if prefix else []), *(quote(part, safe="") for part in place)]
        )
        return TableMetadataUtil.parse_obj(self._asked(path, {}, access, table)["metadata"])

    def _access(self) -> dict[str, str]:
        """Return the headers that give access."""
        given = dict(parse_qsl(self.address.query))
        token = given.get("token")
        if self.address.login:
            client, _, secret = self.address.login.partition(":")
            form = {
                "grant_type": "client_credentials",
                "client_id": unquote(client),
                "client_secret": unquote(secret),
                "scope": given.get("scope", "catalog"),
            }
            answer = self._asked("v1/oauth/tokens", {}, _FORM, form=urlencode(form).encode())
            token = answer.get("access_token")
            if not isinstance(token, str):
                raise unreachable(self.address, _NOT_A_CATALOG)
        return {"Authorization": f"Bearer {token}"} if token else {}

    def _asked(
        self,
        path: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        table: str | None = None,
        form: bytes | None = None,
    ) -> dict[str, Any]:
        """Return an answer, which is a JSON object.

        Raises:
            Failed: There is none.
        """
        address, parameters = self.address, f"?{urlencode(query)}" if query else ""
        base = "/".join(part for part in (address.host, address.key.rstrip("/"), path) if part)
        there = Address(f"{address.scheme}://{base}{parameters}", address.called)

        def refused(_: Address, status: int) -> Failed:
            if status == 404 and table is not None:
                return data_failure(f"there is no table '{table}'")
            if status == 401 or (status in (400, 403) and form is not None):
                known = (
                    "does not accept the login" if address.login or address.secrets() else "requires a login"
                )
                return unreachable(address, f"the catalog {known} ({status})")
            if status == 403:
                return unreachable(address, "the catalog denied access (403)")
            if status in (400, 404):
                return unreachable(address, f"it is not a catalog, or has no such warehouse ({status})")
            return unreachable(address, f"the catalog returned error {status}")

        content = bytearray()
        with answered(there, headers, form, refused) as response:
            for chunk in received(address, response):
                content += chunk
                if len(content) > _LARGEST:
                    raise unreachable(address, _NOT_A_CATALOG)
        try:
            found = json.loads(content)
        except ValueError:
            found = None
        if not isinstance(found, dict) or (table is not None and "metadata" not in found):
            raise unreachable(address, _NOT_A_CATALOG)
        return found


def _setting(settings: Mapping[str, Any], name: str) -> str | None:
    """Return a setting that the service overrides or suggests."""
    for kind in ("overrides", "defaults"):
        some = settings.get(kind)
        if isinstance(some, dict) and isinstance(some.get(name), str):
            return str(some[name])
    return None
