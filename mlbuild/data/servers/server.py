"""The base class of servers: how a file is fetched from a URL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import ClassVar, Protocol

from mlbuild.data.servers.address import Address
from mlbuild.diagnostics import Failed, Failure, data_failure
from mlbuild.frozen import frozen

#: How many seconds a server may take to accept a connection, and to send the next bytes.
CONNECT, PATIENCE = 10.0, 30.0
CHANGED = "it changed while it was being read; run the build again"
#: How often a request is repeated if the server is busy, or the connection was lost before the answer.
RETRIES = 2


class Answer(Protocol):
    """A file that a server is about to send. Its attributes and its content are of one state of the file.

    `version` is a text that changes when the content does, if the server knows one, and `size` the number of bytes.
    """

    @property
    def version(self) -> str | None: ...

    @property
    def size(self) -> int | None: ...

    def chunks(self) -> Iterator[bytes]:
        """Yield the content. What a library raises has become a `Failed`, so other errors are those of the caller.

        Raises:
            Failed: Of kind `store`: the content cannot be read to its end, or changed meanwhile.
        """


@frozen
class Listed:
    """A file in a list: its key, its size in bytes, and its version, if it is known."""

    key: str
    size: int
    version: str | None


class Server:
    """A kind of server. It is a value without state, and is found by the scheme of a URL."""

    #: The name in messages, and the schemes of its URLs.
    name: ClassVar[str]
    schemes: ClassVar[tuple[str, ...]]
    #: The distributions that read from it, the module to import, and the extra of mlbuild that installs them.
    libraries: ClassVar[tuple[str, ...]] = ()
    module: ClassVar[str]
    extra: ClassVar[str] = ""
    #: Whether it lists its files, so that a URL can be a pattern.
    lists: ClassVar[bool] = False
    #: The environment variables that say where the server is.
    variables: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def mistake(cls, address: Address, environment: Mapping[str, str]) -> tuple[str, str] | None:
        """Return what is wrong with a URL, as the end of a sentence, and what to do about it. Nothing is opened."""
        raise NotImplementedError

    @classmethod
    def is_pattern(cls, address: Address) -> bool:
        """Whether a URL stands for all files that match it."""
        raise NotImplementedError

    @classmethod
    def place(cls, address: Address, environment: Mapping[str, str]) -> str:
        """Return a text that differs for different files. It contains no secrets."""
        there = (environment[name] for name in cls.variables if environment.get(name))
        return "\0".join([address.place, *there])

    @classmethod
    def asked(cls, address: Address) -> AbstractContextManager[Answer]:
        """Ask for a file.

        Raises:
            Failed: Of kind `store`: the server is out of reach, or refuses access. Of kind `data`: there is no such
                file.
        """
        raise NotImplementedError

    @classmethod
    def listed(cls, address: Address, folder: str) -> Iterator[Listed]:
        """Yield all files in a folder and in those below it.

        Raises:
            Failed: As for `asked`.
        """
        raise NotImplementedError

    @classmethod
    def settings(cls, address: Address) -> dict[str, str]:
        """Return what a library that reads tables is told about a server with folders."""
        raise NotImplementedError

    @classmethod
    def failure(cls, address: Address, error: Exception, library: str) -> Failed:
        """Create the failure for what such a library raised, to be raised. It quotes no secrets."""
        raise NotImplementedError


def unreachable(address: Address, reason: str, help_: str | None = None) -> Failed:
    """Create the failure for a file that cannot be fetched, to be raised."""
    details = {} if help_ is None else {"lines": [f"help: {help_}"]}
    return Failed(Failure("store", f"cannot fetch '{address.called}': {reason}", details))


def absent(address: Address, what: str = "there is no such file") -> Failed:
    """Create the failure for a file that does not exist, to be raised."""
    return data_failure(f"cannot fetch '{address.called}': {what}")


def is_local(host: str) -> bool:
    """Whether a host, which can have a port, is this machine: what is sent to it enters no network."""
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    return name.casefold() in ("localhost", "127.0.0.1", "[::1]")
