"""Local files as external inputs, and a cache of digests. A changed time is only a reason to hash again."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mlbuild.engine.canonical import is_digest
from mlbuild.engine.decide.external import External, Glance, Token
from mlbuild.engine.store.local import Local
from mlbuild.frozen import frozen
from mlbuild.regular import open_regular

#: The clock of a file system can lag behind the system clock by up to this much. If a file is not older than this
#: when it is hashed, it can change again without changing its time.
GRAIN_NS = 10_000_000

_NOTE = "stat"


@frozen
class LocalFile:
    """A local file, by its path relative to the project.

    `has_variables` is true if `called` is a path with environment variables instead of their values.
    """

    path: Path
    called: str
    has_variables: bool = False

    def token(self, root: Path) -> Token | None:
        try:
            return [*_facts((root / self.path).stat())]
        except OSError:
            return None

    def settled(self, token: Token, at: int) -> bool:
        return settled([int(fact) for fact in token], at)

    def digest(self, root: Path) -> str | None:
        try:
            with open_regular(root / self.path) as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:
            return None

    def glances(self, token: Token, root: Path) -> Sequence[Glance]:
        return [Glance(self.called, tuple(int(fact) for fact in token), self.has_variables)]

    def files(self, root: Path) -> Sequence[Path]:
        return [root / self.path]


class Digests:
    """The digests of external inputs.

    If nothing has changed since an input was hashed, only its token is computed.
    """

    def __init__(self, local: Local, root: Path) -> None:
        self._local, self._root = local, root
        self._entries = _read(local.note(_NOTE))
        self._changed = False

    def digest(self, external: External) -> str | None:
        """Return the SHA-256 of a content; None if it cannot be read. It is cached under the name of the input."""
        entry = self._entries.get(external.called)
        before = external.token(self._root)
        if before is None:
            return None
        if entry and entry[0] == before and external.settled(before, entry[1]):
            return str(entry[2])
        hashed_at = time.time_ns()
        found = external.digest(self._root)
        if found is not None and external.token(self._root) == before:
            self._entries[external.called] = [before, hashed_at, found]
            self._changed = True
        return found

    def token(self, external: External) -> Token | None:
        """Return the token for which a digest is stored; None while the content can still change without changing
        the token.
        """
        if self.digest(external) is None:
            return None
        token, hashed_at, _ = self._entries.get(external.called, (None, 0, ""))
        return token if token is not None and external.settled(token, hashed_at) else None

    def former_token(self, external: External) -> Token | None:
        """Return the token with which a content was hashed before, if the content is still the same."""
        entry = self._entries.get(external.called)
        if entry is None or self.digest(external) != entry[2]:
            return None
        token: Token = entry[0]
        return token

    def save(self) -> None:
        """Store the digests for the next build."""
        if self._changed:
            self._local.keep_note(_NOTE, self._entries)
            self._changed = False


def name_in(root: Path, path: Path) -> str:
    """Return the name of a file in messages and caches: its path relative to the project."""
    name = path.as_posix().removeprefix(f"{root.as_posix()}/")
    if name.startswith("/") or ".." in path.parts:
        return Path(os.path.relpath(root / path, root)).as_posix()
    return name


def settled(facts: Sequence[int], at: int) -> bool:
    """Whether a file that had these facts at a time, in ns, can no longer change without changing the facts."""
    return max(facts[0], facts[3]) < at - GRAIN_NS


def _facts(stat: os.stat_result) -> list[int]:
    return [stat.st_mtime_ns, stat.st_size, stat.st_ino, stat.st_ctime_ns]


def _read(note: Any) -> dict[str, list[Any]]:
    """Return the entries of a note: token, time of hashing, digest. Malformed entries are left out."""
    entries = note.items() if isinstance(note, dict) else ()
    return {name: entry for name, entry in entries if _is_entry(entry)}


def _is_entry(entry: Any) -> bool:
    return (
        isinstance(entry, list)
        and [*map(type, entry)] == [list, int, str]
        and is_digest(entry[2])
        and all(type(fact) in (int, str) for fact in entry[0])
    )
