"""An external input that is not a file of the project: a content with a version, as from a service."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from mlbuild.engine.decide.external import Glance, Token
from mlbuild.frozen import frozen


@frozen
class Remote:
    """A content with a version, as from a service. To be read, it is copied to a local file."""

    called: str
    place: Path

    def token(self, root: Path) -> Token | None:
        version = self.place / "version"
        return [version.read_text()] if version.exists() else None

    def settled(self, token: Token, at: int) -> bool:
        return True  # a version always has the same content

    def digest(self, root: Path) -> str | None:
        (self.place / "asked").write_text("x" * (asked(self.place) + 1))
        return hashlib.sha256((self.place / "content").read_bytes()).hexdigest()

    def glances(self, token: Token, root: Path) -> Sequence[Glance] | None:
        return None

    def files(self, root: Path) -> Sequence[Path]:
        return [self.place / "content"]


def remote(place: Path, content: str = "a: one\n", version: str = "1") -> Remote:
    place.mkdir(exist_ok=True)
    (place / "content").write_text(content)
    (place / "version").write_text(version)
    return Remote(f"service:{place.name}", place)


def asked(place: Path) -> int:
    file = place / "asked"
    return len(file.read_text()) if file.exists() else 0
