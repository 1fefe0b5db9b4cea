"""Messages between the processes of a build: a length and a pickled value, optionally with open files."""

from __future__ import annotations

import pickle
import socket
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

_LENGTH = 4


def send(channel: socket.socket, value: Any, files: Sequence[int] = ()) -> None:
    """Send one message, with duplicates of open files.

    Raises:
        OSError: The other side has gone.
    """
    body = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    header = len(body).to_bytes(_LENGTH, "big")
    if files:
        socket.send_fds(channel, [header], files)
        channel.sendall(body)
    else:
        channel.sendall(header + body)


def receive(channel: socket.socket, files: int = 0) -> tuple[Any, list[int]] | None:
    """Return the next message and at most `files` open files; None if the other side has gone."""
    try:
        header, found, _, _ = socket.recv_fds(channel, _LENGTH, files)
        header += _read(channel, _LENGTH - len(header))
        body = _read(channel, int.from_bytes(header, "big"))
    except OSError:
        return None
    return (pickle.loads(body), found) if header and body else None


def has_message(channel: socket.socket) -> bool:
    """Whether something was sent that is not read yet, even if the other side has gone."""
    with suppress(BlockingIOError, ConnectionResetError):
        return bool(channel.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT))
    return False


def _read(channel: socket.socket, size: int) -> bytes:
    """Read exactly `size` bytes; empty if the other side has gone."""
    content = bytearray()
    while len(content) < size:
        got = channel.recv(min(size - len(content), 1 << 16))
        if not got:
            return b""
        content += got
    return bytes(content)
