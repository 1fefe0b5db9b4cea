"""Digests of files from outside, with a memory of what was hashed: a time is only a reason to hash again."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mlbuild.engine.store import Store
from mlbuild.regular import open_regular

#: Clocks of file systems lag behind the system's clock by up to this much. A file whose time is not older than
#: that when it is hashed can change once more without changing its time.
GRAIN_NS = 10_000_000

_NOTE = "stat"


class Files:
    """The files of a project. `digest` costs one `stat` where nothing about a file has changed since it was hashed."""

    def __init__(self, store: Store, root: Path) -> None:
        self._store = store
        self._root = root
        self._entries = _read(store.note(_NOTE))
        self._changed = False

    def name(self, path: Path) -> str:
        """How a file is called in messages and caches: relative to the project."""
        name = path.as_posix().removeprefix(f"{self._root.as_posix()}/")
        if name.startswith("/") or ".." in path.parts:
            return Path(os.path.relpath(self._root / path, self._root)).as_posix()
        return name

    def digest(self, path: Path, called: str | None = None) -> str | None:
        """The sha256 of a file's content; None where there is no such file that can be read.

        It is remembered under what the file is `called`, else under its name.
        """
        name = called or self.name(path)
        entry = self._entries.get(name)
        place = self._root / path
        try:
            before = _facts(place.stat())
            if entry and entry[:4] == before and settled(before, entry[4]):
                return str(entry[5])
            hashed_at = time.time_ns()
            with open_regular(place) as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
            unchanged = _facts(place.stat()) == before
        except OSError:
            return None
        if unchanged:
            self._entries[name] = [*before, hashed_at, found]
            self._changed = True
        return found

    def facts(self, path: Path, called: str | None = None) -> list[int] | None:
        """The facts under which the digest of a file is known; None while it can change and leave them as they are."""
        if self.digest(path, called) is None:
            return None
        entry = self._entries.get(called or self.name(path))
        return entry[:4] if entry and settled(entry, entry[4]) else None

    def former_facts(self, name: str) -> list[int] | None:
        """The facts under which a file was hashed before, where its content is still what it was then."""
        entry = self._entries.get(name)
        if entry is None or self.digest(Path(name)) != entry[5]:
            return None
        return entry[:4]

    def save(self) -> None:
        """Keep what was hashed for the next build."""
        if self._changed:
            self._store.keep_note(_NOTE, self._entries)
            self._changed = False


def settled(facts: Sequence[int], at: int) -> bool:
    """Whether what had these facts at a time, in ns, cannot change any more without changing them."""
    return max(facts[0], facts[3]) < at - GRAIN_NS


def _facts(stat: os.stat_result) -> list[int]:
    return [stat.st_mtime_ns, stat.st_size, stat.st_ino, stat.st_ctime_ns]


def _read(note: Any) -> dict[str, list[Any]]:
    """The entries of a note: mtime, size, inode, ctime, when it was hashed, digest; a malformed one is left out."""
    shape = [int, int, int, int, int, str]
    entries = note.items() if isinstance(note, dict) else ()
    return {
        name: entry for name, entry in entries if isinstance(entry, list) and [*map(type, entry)] == shape
    }
