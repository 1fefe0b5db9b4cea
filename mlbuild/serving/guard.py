"""How connections are handled: uvicorn's protocol, with limits of time and size that it does not have.

Without them, a client could keep connections open for ever, and fill the memory with headers.
"""

from __future__ import annotations

import asyncio
from typing import Any

from mlbuild.serving.limits import Limits

_LATE = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
_LONG = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
_FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
)
#: The seconds between two looks for connections that are late.
_LOOK = 0.5


def guard(limits: Limits) -> type[asyncio.Protocol]:
    """Return uvicorn's protocol with limits."""
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

    class Guard(HttpToolsProtocol):
        """A connection. `since` is when the request began that has not arrived completely, or None between requests.

        Time is only looked at when data arrives, and by `watch` for all connections together, so it costs requests almost
        nothing.
        """

        since: float | None = None
        size = 0
        most = limits.header
        #: When the client was first seen not to take its response.
        stuck: float | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self.since = self.loop.time()
            if len(self.connections) > limits.connections:
                self._end(_FULL)

        def data_received(self, data: bytes) -> None:
            if self.transport.is_closing():
                return
            if self.since is None:
                self.since = self.loop.time()
            super().data_received(data)
            if self.since is not None:  # there is more to come
                self.size += len(data)
                if self.size > self.most:
                    self._end(_LONG)

        def on_headers_complete(self) -> None:
            # With what surrounds the chunks of a body, and what follows it.
            self.most = limits.header + 2 * limits.read
            super().on_headers_complete()

        def on_message_complete(self) -> None:
            self.since, self.size, self.most = None, 0, limits.header
            super().on_message_complete()

        def look(self, now: float) -> None:
            """Close the connection if the client is late with its request, or does not take its response."""
            if self.since is not None and now - self.since > limits.arrival:
                self._end(_LATE)
            elif not self.transport.get_write_buffer_size():
                self.stuck = None
            elif self.stuck is None:
                self.stuck = now
            elif now - self.stuck > limits.arrival:
                self.transport.abort()

        def _end(self, response: bytes) -> None:
            if self.cycle is None or self.cycle.response_complete:
                self.transport.write(response)
            self.transport.close()

    return Guard


async def watch(connections: set[Any]) -> None:
    """Look for clients that are late, for ever."""
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(_LOOK)
        now = loop.time()
        for connection in tuple(connections):
            connection.look(now)
