"""Servers of files for tests: a web server whose answers can be wrong in many ways, and one that speaks S3."""

from __future__ import annotations

import atexit
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from secrets import token_hex
from threading import Thread
from typing import Any
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest

_SERVER = """
import sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
"""
#: The credentials that `cloud` sets.
KEY, SECRET = "AKIDEXAMPLE", "s3cr3t-word"
#: What writing a table of Delta Lake into it needs.
WRITE = {"AWS_ALLOW_HTTP": "true", "AWS_S3_ALLOW_UNSAFE_RENAME": "true"}


class Site:
    """The files of a web server, and what it was asked. `answers` are called instead of sending a file."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.answers: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {}
        self.asked: list[tuple[str, str | None]] = []
        self.sent = 0
        self.url = ""
        self.otherwise: Callable[[BaseHTTPRequestHandler], None] = lambda handler: answer(handler, 404)


@contextmanager
def web(context: ssl.SSLContext | None = None) -> Iterator[Site]:
    """Start a web server."""
    site = Site()

    class Handler(Quiet):
        def do_GET(self) -> None:
            site.asked.append((self.path, self.headers.get("Authorization")))
            path = self.path.partition("?")[0]
            if path in site.answers:
                site.answers[path](self)
            elif path not in site.files:
                site.otherwise(self)
            else:
                content = site.files[path]
                answer(self, 200, content, ETag=tag(content))
                site.sent += len(content)

    with served(Handler, context) as port:
        site.url = f"http{'s' if context else ''}://localhost:{port}"
        yield site


class Quiet(BaseHTTPRequestHandler):
    """Answers requests, and prints nothing."""

    def log_message(self, *arguments: object) -> None: ...


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print nothing about clients that hang up."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


@contextmanager
def served(handler: type[Quiet], context: ssl.SSLContext | None = None) -> Iterator[int]:
    """Start a server on this machine, and yield its port."""
    with _Server(("127.0.0.1", 0), handler) as server:
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def answer(handler: BaseHTTPRequestHandler, status: int, content: bytes = b"", **headers: str) -> None:
    """Send an answer. A header of `Content_Length` replaces the true one."""
    handler.send_response(status)
    for name, value in ({"Content_Length": str(len(content))} | headers).items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(content)


def tag(content: bytes) -> str:
    return f'"{sha256(content).hexdigest()}"'


def silent(handler: BaseHTTPRequestHandler) -> None:
    """Send the start of a file, and then nothing until the client hangs up."""
    answer(handler, 200, b"x;y\n", Content_Length="99")
    handler.rfile.read(1)


class Cloud:
    """A bucket of a server that speaks S3, and the requests that it gets."""

    def __init__(self, server: str, bucket: str) -> None:
        self.server, self.bucket = server, bucket
        self.url = f"s3://{bucket}"

    def put(self, key: str, content: bytes) -> None:
        """Write a file."""
        request(f"{self.server}/{self.bucket}/{quote(key)}", "PUT", content)

    def remove(self, key: str) -> None:
        """Remove a file."""
        request(f"{self.server}/{self.bucket}/{quote(key)}", "DELETE")

    def user(self) -> tuple[str, str]:
        """Make a user without any rights, and return its credentials."""
        name = f"user-{token_hex(6)}"
        self._manage(f"Action=CreateUser&UserName={name}")
        made = self._manage(f"Action=CreateAccessKey&UserName={name}").decode()
        key, secret = (
            made.partition(f"<{field}>")[2].partition("<")[0] for field in ("AccessKeyId", "SecretAccessKey")
        )
        return key, secret

    def _manage(self, words: str) -> bytes:
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Authorization": _signed("iam"),
        }
        asked = Request(self.server, data=f"Version=2010-05-08&{words}".encode(), headers=headers)
        with urlopen(asked, timeout=60) as response:
            read: bytes = response.read()
            return read


def _signed(service: str) -> str:
    """Return a signature that only a server accepts that checks none."""
    return f"AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/{service}/aws4_request"


def request(url: str, method: str = "POST", content: bytes | None = None) -> bytes:
    asked = Request(
        url,
        method=method,
        data=content,
        headers={"Content-Type": "text/plain", "Authorization": _signed("s3")},
    )
    with urlopen(asked, timeout=60) as response:
        read: bytes = response.read()
        return read


@cache
def moto() -> str:
    """Start a server that speaks S3, which lives as long as this process. Return its URL."""
    # Not in this process: some libraries hold the lock of the interpreter while they wait for an answer.
    server = subprocess.Popen(
        [sys.executable, "-c", _SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert server.stdin is not None and server.stdout is not None
    atexit.register(server.wait)
    atexit.register(server.stdin.close)  # this is run first, and ends the server
    return f"http://127.0.0.1:{int(server.stdout.readline())}"


@contextmanager
def cloud(patch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """Make a bucket, and set the environment variables that lead to it."""
    server = moto()
    bucket = f"shop-{token_hex(6)}"
    request(f"{server}/{bucket}", "PUT")
    settings = {
        "ENDPOINT_URL": server,
        "ACCESS_KEY_ID": KEY,
        "SECRET_ACCESS_KEY": SECRET,
        "REGION": "us-east-1",
    }
    for name, value in settings.items():
        patch.setenv(f"AWS_{name}", value)
    yield Cloud(server, bucket)


@contextmanager
def guarded() -> Iterator[None]:
    """Let the server check credentials and rights."""
    request(f"{moto()}/moto-api/reset-auth", content=b"0")
    try:
        yield
    finally:
        request(f"{moto()}/moto-api/reset-auth", content=b"inf")
