"""Requests and responses, as far as the server uses them."""

from __future__ import annotations

import re
import secrets
import zlib
from collections.abc import Awaitable, Callable, MutableMapping
from functools import cached_property
from http import HTTPStatus
from typing import Any

from mlbuild.frozen import frozen
from mlbuild.serving.limits import Limits
from mlbuild.serving.refused import Refused

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
#: The header with the identity of a request, and what it may be.
_ID = b"x-request-id"
_ID_WORDS = re.compile(rb"[!-~]{1,128}")
#: The connection closes, because the rest of a body is not read.
_CLOSE = (b"connection", b"close")
#: zlib reads gzip with this number of bits.
_GZIP = 31


class Gone(Exception):
    """The client closed the connection before its request was complete."""


@frozen(eq=False)
class Request:
    """A request whose headers have arrived. `path` is without percent signs. `version` is that of the model in the path."""

    scope: Scope
    receive: Receive
    limits: Limits
    version: str | None = None

    @property
    def method(self) -> str:
        return str(self.scope["method"])

    @property
    def path(self) -> str:
        return str(self.scope["path"])

    @cached_property
    def id(self) -> str:
        """The identity of the request, which its response also has: that of the header, or a new one."""
        given = self.headers.get(_ID, b"")
        return given.decode() if _ID_WORDS.fullmatch(given) else secrets.token_hex(16)

    @cached_property
    def headers(self) -> dict[bytes, bytes]:
        """The headers by their names in lower case; the last one counts."""
        return dict(self.scope["headers"])

    async def body(self) -> bytes:
        """Return the body, unpacked.

        Raises:
            Refused: It is too large, or packed in another way than gzip.
            Gone: The client has left.
        """
        packing = self.headers.get(b"content-encoding", b"identity").strip().lower()
        if packing not in (b"identity", b"gzip"):
            raise Refused(
                "the body may have the content encoding 'gzip', but no other one",
                status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
                headers=((b"accept-encoding", b"gzip"),),
            )
        body = await self._raw()
        return _unpacked(body, self.limits.body) if packing == b"gzip" else body

    async def _raw(self) -> bytes:
        """Return the body as it was sent. What is a little too large is read to its end, so that the client sees the response."""
        most, length = self.limits.body, self.headers.get(b"content-length", b"")
        if length.isdigit() and int(length) > self.limits.read:
            raise _too_large(most, _CLOSE)
        part = await self._part()
        parts, size = [part["body"]], len(part["body"])
        while part.get("more_body"):
            part = await self._part()
            size += len(part["body"])
            if size > self.limits.read:
                raise _too_large(most, _CLOSE)
            if size <= most:
                parts.append(part["body"])
        if size > most:
            raise _too_large(most)
        return b"".join(parts)

    async def _part(self) -> MutableMapping[str, Any]:
        part = await self.receive()
        if part["type"] == "http.disconnect":
            raise Gone
        return part


@frozen(eq=False)
class Response:
    """A response with its whole body."""

    body: bytes
    kind: bytes = b"application/json"
    status: HTTPStatus = HTTPStatus.OK
    headers: tuple[tuple[bytes, bytes], ...] = ()

    async def send(self, send: Send, request: Request) -> None:
        size = str(len(self.body)).encode()
        headers = [(b"content-type", self.kind), (b"content-length", size), (_ID, request.id.encode())]
        headers += self.headers
        await send({"type": "http.response.start", "status": int(self.status), "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


def json_response(content: Any) -> Response:
    """Return a response with a JSON document. Numbers that are not finite become null."""
    import msgspec

    return Response(msgspec.json.encode(content))


def _too_large(most: int, *headers: tuple[bytes, bytes]) -> Refused:
    """Return the refusal of a body."""
    message = f"the body is larger than {most} bytes"
    return Refused(message, status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE, headers=headers)


def _unpacked(body: bytes, most: int) -> bytes:
    unpacking = zlib.decompressobj(_GZIP)
    try:
        found = unpacking.decompress(body, most + 1)
    except zlib.error:
        raise Refused("the body is not gzip") from None
    if len(found) > most:
        raise _too_large(most)
    if not unpacking.eof or unpacking.unused_data:
        raise Refused("the body is not gzip: it is incomplete, or something follows it")
    return found
