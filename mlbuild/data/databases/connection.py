"""Connections to databases: URLs that can contain passwords."""

from __future__ import annotations

import re
from dataclasses import field
from urllib.parse import unquote, urlsplit

from mlbuild.engine.canonical import digest
from mlbuild.frozen import frozen

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*(?=://)")
#: Parameters of a connection that can be secrets, as libpq calls them, and other names with these words.
_SECRET = re.compile(r"(?i)pass|secret|token|key")
_HIDDEN = "***"


@frozen
class Connection:
    """A connection, after its variables were replaced. `called` is the text in the spec, with their names.

    The URL is not part of its `repr`.
    """

    url: str = field(repr=False)
    called: str

    @property
    def scheme(self) -> str:
        """The scheme of the URL; empty if it has none."""
        found = _SCHEME.match(self.url)
        return found[0].casefold() if found else ""

    @property
    def path(self) -> str:
        """The path of a local file, as SQLAlchemy writes it: `sqlite:///file.db`, or `sqlite:////folder/file.db`."""
        return unquote(self.url[len(self.scheme) + 3 :].removeprefix("/").partition("?")[0])

    @property
    def place(self) -> str:
        """The URL without its secrets: another password leads to the same database."""
        text = self.url
        for secret in self.secrets():
            text = text.replace(secret, "")
        return text

    @property
    def trace(self) -> str:
        """A text that differs for different places, and does not reveal them."""
        return digest(self.place.encode("utf-8", "surrogatepass"))[:32]

    def scrubbed(self, text: str) -> str:
        """Return a message of a library on one line, without the URL and without its secrets."""
        text = " ".join(text.split())
        parts = [self.url, self.url[len(self.scheme) + 3 :], *self.secrets(), *self._hosts()]
        for part in sorted({*parts, *map(unquote, parts)}, key=len, reverse=True):
            text = text.replace(part, _HIDDEN) if part else text
        return text

    def secrets(self) -> list[str]:
        """Return the passwords and similar parts, as they are written in the URL."""
        rest = self.url.partition("://")[2] or self.url
        location, _, query = rest.partition("?")
        login, at, _ = location.rpartition("@")
        password = login.partition(":")[2] if at else ""
        pairs = [pair.partition("=") for pair in query.split("&")]
        return [
            text for text in (password, *(value for name, _, value in pairs if _SECRET.search(name))) if text
        ]

    def _hosts(self) -> list[str]:
        try:
            parts = urlsplit(self.url)
            return [text for text in (parts.netloc, parts.hostname) if text and text != "localhost"]
        except ValueError:  # an invalid URL
            return []
