"""A table in a file that a server keeps."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from mlbuild.catalogue import Catalogue
from mlbuild.data.locators.locator import Located
from mlbuild.data.locators.missing import not_installed
from mlbuild.data.locators.remote import Remote, Wanted, seconds_of
from mlbuild.data.locators.variables import Expanded
from mlbuild.data.servers import SERVERS
from mlbuild.data.servers.address import Address
from mlbuild.data.servers.server import Answer, Server
from mlbuild.diagnostics import Path as At
from mlbuild.diagnostics import Problem, data_failure
from mlbuild.engine.canonical import digest
from mlbuild.frozen import frozen
from mlbuild.hints import listed
from mlbuild.params import Json
from mlbuild.progress import Report

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_VARIABLE = re.compile(r"\$\{\w+(?::-([^}]*))?\}")
_AT: At = ("path",)
#: The most bytes that are fetched: a server can send without an end.
LARGEST = 100 * 10**9


def is_url(path: str) -> bool:
    """Whether a path leads to a server."""
    return _URL.match(path) is not None


def is_url_pattern(url: str) -> bool:
    """Whether a URL stands for all files that match it, because its server lists them."""
    address = Address(url, url)
    if address.scheme not in SERVERS.names:
        return False
    server = SERVERS.named(address.scheme)
    return server.lists and server.is_pattern(address)


def locate_url(written: str, path: Expanded, refresh: str, environment: Mapping[str, str]) -> Located:
    """Locate a file by its URL, after the variables in what is written were replaced."""
    address = Address(path.text, called_in_messages(written))
    problem = mistake_in(written, address, SERVERS, environment, several=True)
    if problem is not None:
        return Located(address.called, {}, address.called, problems=(problem,))
    server = SERVERS.named(address.scheme)
    place = server.place(address, environment)
    return Located(
        called=address.called,
        externals={},
        place=place,
        remote=RemoteFile(address.called, trace(place), seconds_of(refresh), server, address),
        variables=tuple(dict.fromkeys([*path.names, *server.variables])),
        problems=tuple(unreadable(server)),
    )


def has_secrets(written: str) -> bool:
    """Whether a URL, as it is written in a spec, or the default of a variable in it contains a secret."""
    outer = Address(_VARIABLE.sub("${}", written), "")
    defaults = (Address(found[1], "") for found in _VARIABLE.finditer(written) if found[1])
    return any(secret != "${}" for secret in outer.secrets()) or any(one.secrets() for one in defaults)


def called_in_messages(written: str) -> str:
    """Return how messages call what is written in a spec."""
    return "the path" if has_secrets(written) else written


def trace(place: str) -> str:
    """Return a text that differs for different places, and does not reveal them."""
    return digest(place.encode("utf-8", "surrogatepass"))[:32]


def mistake_in(
    written: str,
    address: Address,
    servers: Catalogue[type[Server]],
    environment: Mapping[str, str],
    at: At = _AT,
    *,
    several: bool = False,
) -> Problem | None:
    """Return what is wrong with a URL at a path of the source, which must be that of one of some servers.

    `several` says that it can be a pattern, if the server lists its files.
    """
    if address.scheme not in servers.names:
        message = f"'{address.called}' is not a URL that can be read"
        known = listed(f"{scheme}://" for scheme in servers.names if scheme != "http")
        return Problem("bad-format", message, at, f"it must start with one of {known}")
    if has_secrets(written):
        help_ = "put the URL into an environment variable: path: ${DATA_URL}"
        return Problem("written-password", "the path contains a password", at, help_, on="key")
    server = servers.named(address.scheme)
    mistake = server.mistake(address, environment)
    if not mistake and server.is_pattern(address) and not (several and server.lists):
        help_ = (
            "name one table"
            if not several
            else f"{server.name} does not list its files: write a list of URLs"
        )
        mistake = "is a pattern", help_
    return mistake and Problem("bad-format", f"'{address.called}' {mistake[0]}", at, mistake[1])


def unreadable(server: type[Server], at: At = _AT) -> Iterator[Problem]:
    """Yield that the library of a server is missing."""
    if find_spec(server.module) is None:
        yield not_installed(f"reading from {server.name}", server.libraries, server.extra, at)


@frozen
class RemoteFile(Remote):
    """A file that a server keeps, in any format."""

    server: type[Server]
    address: Address

    def request(self, wanted: Wanted) -> Json:
        return {"path": self.called}

    def uses(self) -> tuple[type, ...]:
        return (type(self), self.server)

    @contextmanager
    def opened(self, request: Json) -> Iterator[OpenedFile]:
        with self.server.asked(self.address) as answer:
            yield OpenedFile(self.called, answer)


class OpenedFile:
    """A file that is about to be read."""

    def __init__(self, called: str, answer: Answer) -> None:
        self._called, self._answer = called, answer

    def version(self) -> str | None:
        return self._answer.version

    def write(self, file: Path, progress: Report) -> None:
        """Write the content into a new file as it is. How many rows it has is known when it has been read."""
        done = 0
        with file.open("wb") as out:
            for chunk in self._answer.chunks():
                done += len(chunk)
                if done > LARGEST:
                    raise data_failure(f"'{self._called}' is larger than {LARGEST / 10**9:.0f} GB")
                out.write(chunk)
                progress(done, self._answer.size, "bytes")
