"""URLs of files, which can contain passwords and signatures."""

from __future__ import annotations

import re

from mlbuild.data.databases.connection import Connection
from mlbuild.frozen import frozen

#: Parameters that give access, as clouds and web services call them.
_SECRET = re.compile(
    r"(?i)(?:.*[-_.])?(?:pass|password|passwd|pwd|secret|token|key|apikey|sig|signature|credential|auth|code)"
)


@frozen
class Address(Connection):
    """The URL of a file. It is not part of its `repr`."""

    @property
    def host(self) -> str:
        """The host with its port, or the bucket; without a login."""
        return re.split("[/?#]", self._rest, maxsplit=1)[0].rpartition("@")[2]

    @property
    def key(self) -> str:
        """The path without the slash at its start."""
        return re.split("[?#]", self._rest, maxsplit=1)[0].partition("/")[2]

    @property
    def login(self) -> str:
        """The user and the password; empty if the URL has none."""
        return re.split("[/?#]", self._rest, maxsplit=1)[0].rpartition("@")[0]

    @property
    def query(self) -> str:
        """The parameters after the question mark."""
        return self._rest.partition("#")[0].partition("?")[2]

    def secrets(self) -> list[str]:
        pairs = [pair.partition("=") for pair in self.query.split("&")]
        given = [value for name, _, value in pairs if _SECRET.fullmatch(name)]
        return [text for text in (self.login.partition(":")[2], *given) if text]


@frozen
class Entry(Address):
    """A file that a server has listed. Its name can have any characters, also those that end a path in a URL."""

    name: str

    @property
    def key(self) -> str:
        return self.name
