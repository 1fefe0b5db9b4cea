"""Web servers, with Python's standard library."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mlbuild import __version__
from mlbuild.data.servers.address import Address
from mlbuild.data.servers.server import CHANGED, PATIENCE, RETRIES, Server, absent, is_local, unreachable
from mlbuild.diagnostics import Failed

if TYPE_CHECKING:
    from http.client import HTTPResponse
    from urllib.request import OpenerDirector, Request

_CHUNK = 1 << 20
#: The statuses of a server that can do better next time, and how many seconds to wait before it is asked again.
_BUSY = (429, 500, 502, 503, 504)
_PAUSE = 1.0
#: The characters of a path and of parameters that have a meaning in a URL, or are valid in it.
_KEPT = "/%:@!$&'()*+,;=~?"


class Web(Server):
    """A web server: `https://`, or `http://` on this machine."""

    name = "the web"
    schemes = ("https", "http")
    module = "urllib"

    @classmethod
    def mistake(cls, address: Address, environment: Mapping[str, str]) -> tuple[str, str] | None:
        if not address.host or not address.key:
            return "does not name a file", "write https://HOST/PATH"
        if not is_encrypted(address.scheme, address.host):
            return "is not encrypted", "use https://; only servers on this machine can use http://"
        return None

    @classmethod
    def is_pattern(cls, address: Address) -> bool:
        return "*" in address.key

    @classmethod
    @contextmanager
    def asked(cls, address: Address) -> Iterator[Page]:
        with answered(address) as response:
            yield Page(address, response)


class Page:
    """A file that a web server is about to send."""

    def __init__(self, address: Address, response: HTTPResponse) -> None:
        self._address, self._response = address, response

    @property
    def version(self) -> str | None:
        tag = self._response.headers.get("ETag")
        # A weak one only promises that the meaning is the same.
        return None if tag is None or tag.startswith("W/") else f"{tag} {self.size}"

    @property
    def size(self) -> int | None:
        return _size(self._response)

    def chunks(self) -> Iterator[bytes]:
        yield from received(self._address, self._response)
        # A server can read a file in parts while another program writes it.
        with answered(self._address) as again:
            if _state(again) != _state(self._response):
                raise unreachable(self._address, CHANGED)


def received(address: Address, response: HTTPResponse) -> Iterator[bytes]:
    """Yield the content of an answer.

    Raises:
        Failed: It ends early.
    """
    from http.client import HTTPException

    size, done = _size(response), 0
    of = "" if size is None else f" of {size:,}"
    while True:
        try:
            chunk = response.read(_CHUNK)
        except TimeoutError:
            raise unreachable(address, _silent(f"after {done:,} bytes")) from None
        except (OSError, HTTPException):
            raise unreachable(address, f"the connection was lost after {done:,}{of} bytes") from None
        if not chunk:
            break
        done += len(chunk)
        yield chunk
    if size is not None and done != size:
        raise unreachable(address, f"the connection was lost after {done:,}{of} bytes")


def _size(response: HTTPResponse) -> int | None:
    length = response.headers.get("Content-Length", "")
    return int(length) if length.isascii() and length.isdigit() else None


def _state(response: HTTPResponse) -> tuple[str | None, ...]:
    return tuple(response.headers.get(name) for name in ("ETag", "Last-Modified", "Content-Length"))


def is_encrypted(scheme: str, host: str) -> bool:
    """Whether nobody else can read or change what is sent."""
    return scheme == "https" or (scheme == "http" and is_local(host))


@contextmanager
def answered(
    address: Address,
    headers: Mapping[str, str] = {},
    form: bytes | None = None,
    refused: Callable[[Address, int], Failed] | None = None,
) -> Iterator[HTTPResponse]:
    """Ask for a file, and ask again if the server is busy.

    The `headers` are sent only to this server, and a `form` is posted. `refused` creates the failure for a status.

    Raises:
        Failed: It does not send the file.
    """
    from http.client import HTTPException
    from urllib.error import HTTPError

    opener = _opener(address)
    for attempt in range(RETRIES + 1):
        last = attempt == RETRIES
        try:
            response: HTTPResponse = opener.open(_request(address, headers, form), timeout=PATIENCE)
        except HTTPError as error:
            error.close()
            if last or error.code not in _BUSY:
                raise (refused or _refused)(address, error.code) from None
        except (OSError, HTTPException, ValueError) as error:  # the last: a malformed URL
            if last or not isinstance(error, ConnectionError):
                raise unreachable(address, _cause(error)) from None
        else:
            with response:
                yield response
            return
        time.sleep(_PAUSE * (attempt + 1))  # the server asks for time, and offers no event to wait for


def _request(address: Address, headers: Mapping[str, str], form: bytes | None) -> Request:
    from urllib.parse import quote, unquote
    from urllib.request import Request

    path = quote(address.key + ("?" if address.query else "") + address.query, safe=_KEPT)
    host = address.host.encode("idna").decode() if not address.host.isascii() else address.host
    agent = {"User-Agent": f"mlbuild/{__version__}"}
    request = Request(f"{address.scheme}://{host}/{path}", form, agent)
    for name, value in headers.items():
        request.add_unredirected_header(name, value)
    if address.login:
        from base64 import b64encode

        user, _, password = address.login.partition(":")
        words = f"{unquote(user)}:{unquote(password)}".encode()
        request.add_unredirected_header("Authorization", f"Basic {b64encode(words).decode()}")
    return request


def _opener(address: Address) -> OpenerDirector:
    """Return what asks. It follows redirects, but to no server that could be overheard, and to no local file. The
    login is only sent again to the same server.
    """
    from http.client import HTTPMessage
    from typing import IO
    from urllib.parse import urlsplit
    from urllib.request import HTTPRedirectHandler, build_opener

    class Redirects(HTTPRedirectHandler):
        def redirect_request(
            self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
        ) -> Request | None:
            there, here = urlsplit(newurl), urlsplit(req.full_url)
            if not is_encrypted(there.scheme, there.netloc) or is_local(there.netloc) > is_local(here.netloc):
                fp.close()
                raise unreachable(address, "it redirects to a URL that mlbuild does not follow")
            made = super().redirect_request(req, fp, code, msg, headers, newurl)
            login = req.unredirected_hdrs.get("Authorization")
            if made is not None and login is not None and there[:2] == here[:2]:
                made.add_unredirected_header("Authorization", login)
            return made

    return build_opener(Redirects)


def _refused(address: Address, status: int) -> Failed:
    """Create the failure for an answer that is not the file, to be raised."""
    if status in (404, 410):
        return absent(address, f"there is no such file ({status})")
    if status == 401:
        known = "does not accept the login" if address.login or address.secrets() else "requires a login"
        return unreachable(address, f"the server {known} (401)")
    if status == 403:
        return unreachable(address, "the server denied access (403)")
    if 300 <= status < 400:
        return unreachable(address, f"it redirects too many times ({status})")
    return unreachable(address, f"the server returned error {status}")


def _cause(error: Exception) -> str:
    """Return why a server did not answer, in words of our own: those of a library could quote the URL."""
    import socket
    import ssl
    from http.client import InvalidURL

    reason = getattr(error, "reason", error)
    if isinstance(reason, ssl.SSLCertVerificationError):
        return f"its certificate is not valid: {reason.verify_message.rstrip('.')}"
    if isinstance(reason, ssl.SSLError):
        return "the encrypted connection (TLS) failed"
    if isinstance(reason, socket.gaierror):
        return "the host name cannot be resolved"
    if isinstance(reason, TimeoutError):
        return _silent()
    if isinstance(reason, ConnectionRefusedError):
        return "the connection was refused"
    if isinstance(reason, OSError):
        return f"the connection failed: {(reason.strerror or 'unknown reason').casefold()}"
    if isinstance(error, (InvalidURL, ValueError)):
        return "its URL is malformed"
    return "the response is not valid HTTP"


def _silent(after: str = "") -> str:
    return f"the server sent nothing for {PATIENCE:.0f} seconds" + (f" {after}" if after else "")
