"""Starts real servers, and sends them requests."""

from __future__ import annotations

import http.client
import json
import os
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mlbuild.frozen import frozen

ROOT = Path(__file__).parents[2]
#: Longer than a server takes to start or to answer on a busy machine.
PATIENCE = 60


@frozen(eq=False)
class Answer:
    """A response of a server."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def told(self) -> Any:
        return json.loads(self.body)


@frozen(eq=False)
class Server:
    """A server that listens. `trust` are the certificates that it may have."""

    process: subprocess.Popen[str]
    address: str
    trust: ssl.SSLContext | None = None

    @property
    def place(self) -> tuple[str, int]:
        host, _, port = self.address.rpartition("/")[2].rpartition(":")
        return host.strip("[]"), int(port)

    @property
    def pid(self) -> int:
        return self.process.pid

    def connect(self) -> http.client.HTTPConnection:
        host, port = self.place
        if self.address.startswith("https"):
            return http.client.HTTPSConnection(host, port, timeout=PATIENCE, context=self.trust)
        return http.client.HTTPConnection(host, port, timeout=PATIENCE)

    def ask(self, path: str, body: Any = None, method: str | None = None, **headers: str) -> Answer:
        """Send a request. Anything but bytes is sent as JSON. `_` in the names of headers stands for `-`."""
        sent = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection = self.connect()
        try:
            connection.request(method or ("GET" if sent is None else "POST"), path, sent, named)
            got = connection.getresponse()
            return Answer(got.status, {k.lower(): v for k, v in got.getheaders()}, got.read())
        finally:
            connection.close()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, str, str]:
        """Send a signal, and return the exit code and what else was printed."""
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, out, err

    def memory(self) -> int:
        """Return the resident memory in bytes."""
        pages = Path(f"/proc/{self.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGESIZE")


@contextmanager
def served(
    folder: Path,
    *words: str,
    options: tuple[str, ...] = (),
    environment: dict[str, str] | None = None,
    trust: ssl.SSLContext | None = None,
) -> Iterator[Server]:
    """Run `mlbuild serve` in a folder, with options of Python. At the end, kill it if it still runs."""
    command = [sys.executable, *options, "-m", "mlbuild", "serve", "--port", "0", *words]
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield Server(process, listening(process), trust)
    finally:
        process.kill()
        process.communicate()


def listening(process: subprocess.Popen[str]) -> str:
    """Wait until a server listens, and return its address."""
    assert process.stdout is not None and process.stderr is not None
    line = process.stdout.readline()
    said = "listening on "
    assert line.startswith(said), process.stderr.read()
    return line.removeprefix(said).strip()
