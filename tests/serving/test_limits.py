"""Clients that send slowly, too much or nonsense are refused or cut off, and others are answered all the time."""

from __future__ import annotations

import gzip
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.serving.rides import RIDE
from tests.serving.servers import PATIENCE, Server, served

PATH = "/predict/fare"
GOOD = json.dumps(RIDE).encode()
START = f"POST {PATH} HTTP/1.1\r\nhost: x\r\n"


@pytest.fixture(scope="module")
def quick(project: Path) -> Iterator[Server]:
    """A server that gives each request two seconds to arrive."""
    with served(project, "--timeout", "2", "--max-mb", "1", "--max-rows", "50") as started:
        yield started


@contextmanager
def connected(server: Server) -> Iterator[socket.socket]:
    with socket.create_connection(server.place, timeout=PATIENCE) as connection:
        yield connection


def everything(connection: socket.socket) -> bytes:
    """Return what a server sends until it closes the connection."""
    parts = []
    while part := connection.recv(65_536):
        parts.append(part)
    return b"".join(parts)


def answered(server: Server) -> bool:
    return server.ask(PATH, RIDE).status == 200


SLOW = {
    "nothing": b"",
    "half a request line": b"POST /pre",
    "half of the headers": START.encode() + b"content-le",
    "half of the body": f"{START}content-length: {len(GOOD)}\r\n\r\n".encode() + GOOD[:5],
    "half of a chunk": f"{START}transfer-encoding: chunked\r\n\r\n5\r\nab".encode(),
}


@pytest.mark.parametrize("sent", SLOW.values(), ids=list(SLOW))
def test_requests_that_do_not_arrive_are_ended(quick: Server, sent: bytes) -> None:
    with connected(quick) as connection:
        connection.sendall(sent)
        assert answered(quick)
        assert everything(connection).partition(b"\r\n")[0] in (b"HTTP/1.1 408 Request Timeout", b"")


def test_requests_that_drip_are_ended(quick: Server) -> None:
    with connected(quick) as connection:
        connection.sendall(START.encode())
        ended = threading.Event()

        def drip() -> None:
            while not ended.wait(0.2):
                try:
                    connection.sendall(b"x")
                except OSError:
                    return

        dripping = threading.Thread(target=drip)
        dripping.start()
        try:
            assert everything(connection).startswith(b"HTTP/1.1 408 ")
        except ConnectionResetError:
            pass  # the response was lost, because more had come after it
        finally:
            ended.set()
            dripping.join()
    assert answered(quick)


def test_half_open_connections_hurt_nobody(quick: Server) -> None:
    before = quick.memory()
    connections = [socket.create_connection(quick.place, timeout=PATIENCE) for _ in range(400)]
    try:
        for place, connection in enumerate(connections):
            connection.sendall([*SLOW.values()][place % len(SLOW)])
        assert answered(quick)
        for connection in connections:
            everything(connection)
    finally:
        for connection in connections:
            connection.close()
    assert answered(quick)
    assert quick.memory() - before < 30_000_000


def test_a_client_that_takes_no_answer_is_cut_off(project: Path) -> None:
    with served(project, "--timeout", "1") as server, connected(server) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        body = json.dumps([RIDE] * 5000).encode()
        for _ in range(40):
            try:
                connection.sendall(f"{START}content-length: {len(body)}\r\n\r\n".encode() + body)
            except OSError:
                break
        else:
            pytest.fail("the server read everything")
        assert answered(server)


def test_headers_that_are_too_large_are_refused(quick: Server) -> None:
    before = quick.memory()
    with connected(quick) as connection:
        connection.sendall(START.encode() + b"x-large: ")
        try:
            for _ in range(650):
                connection.sendall(b"a" * 100_000)
        except OSError:
            pass  # it was closed
        else:
            assert everything(connection).startswith(b"HTTP/1.1 431 ")
    assert answered(quick)
    assert quick.memory() - before < 20_000_000


@pytest.mark.parametrize("announced", [True, False])
def test_bodies_that_are_too_large_are_refused(quick: Server, announced: bool) -> None:
    before = quick.memory()
    framing = "content-length: 200000000" if announced else "transfer-encoding: chunked"
    with connected(quick) as connection:
        connection.sendall(f"{START}{framing}\r\n\r\n".encode())
        got = b""
        chunk = b" " * 100_000 if announced else b"186a0\r\n" + b" " * 100_000 + b"\r\n"
        try:
            for _ in range(2000):
                connection.sendall(chunk)
        except OSError:
            pass  # it was closed
        with suppress(OSError):  # the response can be lost, because more came after it
            got = everything(connection)
    assert got == b"" or got.startswith(b"HTTP/1.1 413 ")
    assert answered(quick)
    assert quick.memory() - before < 20_000_000


def test_the_size_of_a_body_is_told(quick: Server) -> None:
    answer = quick.ask(PATH, b" " * 1_000_001)
    assert (answer.status, answer.told) == (413, {"error": "the body is larger than 1000000 bytes"})
    answer = quick.ask(PATH, [RIDE] * 51)
    assert (answer.status, answer.told) == (
        413,
        {"error": "the request has 51 rows, but at most 50 are allowed"},
    )
    assert len(quick.ask(PATH, [RIDE] * 50).told["rows"]) == 50


def test_a_small_body_does_not_become_a_large_one(quick: Server) -> None:
    before = quick.memory()
    bomb = gzip.compress(b" " * 100_000_000)
    answer = quick.ask(PATH, bomb, content_encoding="gzip")
    assert (answer.status, answer.told) == (413, {"error": "the body is larger than 1000000 bytes"})
    assert quick.memory() - before < 20_000_000
    assert quick.ask(PATH, gzip.compress(GOOD), content_encoding="gzip").status == 200


PACKED = {
    "no gzip": (b"text", "gzip", 400, "the body is not gzip"),
    "half of it": (
        gzip.compress(GOOD)[:-9],
        "gzip",
        400,
        "the body is not gzip: it is incomplete, or something follows it",
    ),
    "something more": (
        gzip.compress(GOOD) + b"x",
        "gzip",
        400,
        "the body is not gzip: it is incomplete, or something follows it",
    ),
    "another encoding": (GOOD, "br", 415, "the body may have the content encoding 'gzip', but no other one"),
}


@pytest.mark.parametrize(("body", "encoding", "status", "message"), PACKED.values(), ids=list(PACKED))
def test_bodies_in_another_encoding(
    quick: Server, body: bytes, encoding: str, status: int, message: str
) -> None:
    answer = quick.ask(PATH, body, content_encoding=encoding)
    assert (answer.status, answer.told) == (status, {"error": message})


NO_HTTP = {
    "no HTTP": b"hello\r\n\r\n",
    "a zero": b"GET /\0 HTTP/1.1\r\n\r\n",
    "another version": b"GET / HTTP/9.9\r\n\r\n",
    "a path that is not ASCII": b"GET /\xff HTTP/1.1\r\nhost: x\r\n\r\n",
    "two lengths": f"{START}content-length: 1\r\ncontent-length: 2\r\n\r\nab".encode(),
    "a length and chunks": f"{START}content-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n".encode(),
    "a negative length": f"{START}content-length: -1\r\n\r\n".encode(),
    "TLS": bytes.fromhex("16030100c8010000c40303") + b"\0" * 100,
}


@pytest.mark.parametrize("sent", NO_HTTP.values(), ids=list(NO_HTTP))
def test_what_is_not_http_is_refused(quick: Server, sent: bytes) -> None:
    with connected(quick) as connection:
        connection.sendall(sent)
        assert everything(connection).partition(b"\r\n")[0] in (
            b"HTTP/1.1 400 Bad Request",
            b"HTTP/1.1 408 Request Timeout",
        )
    assert answered(quick)


def test_a_client_that_leaves_does_not_matter(quick: Server) -> None:
    for _ in range(20):
        with connected(quick) as connection:
            connection.sendall(f"{START}content-length: {len(GOOD)}\r\n\r\n".encode() + GOOD)
        with connected(quick) as connection:
            connection.sendall(f"{START}content-length: {len(GOOD)}\r\n\r\n".encode() + GOOD[:9])
    assert answered(quick)


def test_requests_on_one_connection(quick: Server) -> None:
    """Also several before the first one is answered."""
    one = f"{START}content-length: {len(GOOD)}\r\n\r\n".encode() + GOOD
    with connected(quick) as connection:
        connection.sendall(one * 30)
        got = b""
        while got.count(b"HTTP/1.1 200 OK") < 30:
            got += connection.recv(65_536)


def test_small_requests_do_not_wait_for_large_ones(project: Path) -> None:
    """Large ones are answered in threads."""
    with served(project) as server:
        body = json.dumps([RIDE] * 10_000).encode()
        codes: list[int] = []
        threads = [
            threading.Thread(target=lambda: codes.append(server.ask(PATH, body).status)) for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        times = []
        while any(thread.is_alive() for thread in threads):
            start = time.monotonic()
            assert server.ask("/v2/health/live").status == 200
            times.append(time.monotonic() - start)
        for thread in threads:
            thread.join()
        assert set(codes) == {200} and len(times) > 3
        code, _, err = server.stop()
    assert code == 0 and "Traceback" not in err
