"""Tables of Apache Iceberg for tests, in a catalog in a SQLite file, or in one that is a web service."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

import polars as pl

from tests.data.file_servers import KEY, SECRET, Cloud, Quiet, answer, served


def catalog(folder: Path, warehouse: str = "", options: Mapping[str, str] = {}) -> Any:
    """Open the catalog in a folder, and make it if it does not exist."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of libraries about each other
        from pyiceberg.catalog import load_catalog
        from sqlalchemy import NullPool, create_engine

        uri = f"sqlite:///{folder}/catalog.db"
        made: Any = load_catalog(
            "shop",
            type="sql",
            uri=uri,
            warehouse=warehouse or f"file://{folder}/warehouse",
            **options,
        )
        # Without a pool, each connection is closed after its use. Nobody closes a catalog.
        made.engine.dispose()
        made.engine = create_engine(uri, poolclass=NullPool)
        made.create_namespace_if_not_exists("shop")
        return made


def in_bucket(folder: Path, bucket: Cloud) -> Any:
    """Open the catalog in a folder whose tables are in a bucket."""
    options = {
        "s3.endpoint": bucket.server,
        "s3.access-key-id": KEY,
        "s3.secret-access-key": SECRET,
        "s3.region": "us-east-1",
    }
    return catalog(folder, f"{bucket.url}/warehouse", options)


def overwritten(made: Any, rows: pl.DataFrame, append: bool = False, name: str = "shop.rows") -> int:
    """Replace the rows of a table, or add some; make it if it does not exist. Return the number of the snapshot."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        arrow = rows.to_arrow()
        table = made.create_table_if_not_exists(name, schema=arrow.schema)
        table.append(arrow) if append else table.overwrite(arrow)
        snapshot: int = table.current_snapshot().snapshot_id
        return snapshot


#: The credentials that `service` wants.
CLIENT, WORD, TOKEN = "reader", "s3cr3t-word", "s3cr3t-token"


class Service:
    """A catalog as a web service, with the tables of another catalog. `asked` are the paths of its requests."""

    def __init__(self, made: Any) -> None:
        self.made, self.url = made, ""
        self.asked: list[str] = []
        self.prefix = "main"
        #: The settings that it sends with a table.
        self.config = {"py-io-impl": "nosuch.module.Class"}
        #: What a request gets instead of its answer: a status and a body, by the end of its path.
        self.instead: dict[str, tuple[int, bytes]] = {}

    def answer(self, method: str, path: str, access: str | None, form: str) -> tuple[int, Any]:
        """Answer as the REST specification of Apache Iceberg says."""
        place, _, query = path.partition("?")
        self.asked.append(f"{method} {path}")
        if method == "POST":
            given = dict(parse_qsl(form))
            known = (given.get("client_id"), given.get("client_secret")) == (CLIENT, WORD)
            fits = known and given.get("grant_type") == "client_credentials" and "scope" in given
            granted = {"access_token": TOKEN, "token_type": "bearer", "expires_in": 3600}
            return (200, granted) if fits else (401, {"error": "invalid_client"})
        if access != f"Bearer {TOKEN}":
            return 401, _error(401, "NotAuthorizedException")
        if place == "/api/v1/config":
            if dict(parse_qsl(query)).get("warehouse") not in (None, "main"):
                return 404, _error(404, "NotFoundException")
            return 200, {"defaults": {}, "overrides": {"prefix": self.prefix} if self.prefix else {}}
        start = f"/api/v1/{self.prefix}/namespaces/".replace("//", "/")
        namespace, found, name = place.removeprefix(start).partition("/tables/")
        if not place.startswith(start) or not found:
            return 404, _error(404, "NoSuchPath")
        try:
            table = self.made.load_table((*unquote(namespace).split("\x1f"), unquote(name)))
        except Exception as error:  # whatever the catalog misses
            return 404, _error(404, type(error).__name__)
        metadata = json.loads(table.metadata.model_dump_json(by_alias=True, exclude_none=True))
        return 200, {
            "metadata-location": table.metadata_location,
            "metadata": metadata,
            "config": self.config,
        }


def _error(status: int, kind: str) -> dict[str, Any]:
    return {"error": {"message": WORD, "type": kind, "code": status}}


@contextmanager
def service(made: Any) -> Iterator[Service]:
    """Start a catalog as a web service. All of its tables must be on servers."""
    one = Service(made)

    class Handler(Quiet):
        def do_GET(self) -> None:
            form = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            status, body = one.answer(self.command, self.path, self.headers.get("Authorization"), form)
            content = json.dumps(body).encode()
            end = self.path.partition("?")[0].rpartition("/")[2]
            status, content = one.instead.get(end, (status, content))
            answer(self, status, content, Content_Type="application/json")

        do_POST = do_GET

    with served(Handler) as port:
        one.url = f"http://127.0.0.1:{port}/api"
        yield one
