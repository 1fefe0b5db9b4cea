"""Connections to databases: URLs that can contain passwords."""

from __future__ import annotations

import re
from dataclasses import field
from urllib.parse import unquote

from mlbuild.engine.canonical import digest
from mlbuild.frozen import frozen

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*(?=://)")
#: Parameters of a connection that can be secrets, as libpq calls them, and other names with these words.
_SECRET = re.compile(r"(?i)pass|secret|token|key")
#: What can end a part of a URL, for any library.
_DELIMITERS = re.compile(r"[/:@?&=#;,\[\](){}\s]+")
#: Parameters of libpq whose names are no values. https://www.postgresql.org/docs/current/libpq-connect.html
_PARAMETER = re.compile(
    r"[?&](?:host|hostaddr|port|dbname|user|password|passfile|connect_timeout|client_encoding|options|"
    r"application_name|sslmode|sslcert|sslkey|sslpassword|sslrootcert|gssencmode|channel_binding|"
    r"target_session_attrs)="
)
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
        """Return a message of a library on one line, without what is known only from the values of variables: the URL,
        its secrets, and any piece of it. A library can cut the URL at other places than `secrets` does: to libpq, the
        password `a/b` is the port `a` and the database `b`.

        Only whole words are replaced, so that a user `a` does not garble all other words.
        """
        text = " ".join(text.split())
        parts = [self.url, self._rest, *self.secrets(), *(self._pieces - _pieces_of(self.called))]
        parts = [" ".join(part.split()) for part in [*parts, *map(unquote, parts)]]
        for part in sorted({*parts} - {""}, key=len, reverse=True):
            text = re.sub(rf"(?<!\w){re.escape(part)}(?!\w)", _HIDDEN, text)
        return text

    @property
    def _rest(self) -> str:
        """The URL without its scheme."""
        return self.url.partition("://")[2] or self.url

    def secrets(self) -> list[str]:
        """Return the passwords and similar parts, as they are written in the URL."""
        location, _, query = self._rest.partition("?")
        login, at, _ = location.rpartition("@")
        password = login.partition(":")[2] if at else ""
        pairs = [pair.partition("=") for pair in query.split("&")]
        return [
            text for text in (password, *(value for name, _, value in pairs if _SECRET.search(name))) if text
        ]

    @property
    def _pieces(self) -> set[str]:
        rest = _PARAMETER.sub("&", self._rest)
        return _pieces_of(rest) | _pieces_of(unquote(rest))


def _pieces_of(text: str) -> set[str]:
    """Return what stands between the delimiters of a text."""
    return {*_DELIMITERS.split(text)}
