"""What belongs to one project on one machine, and is never shared: notes, snapshots and unfinished work."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

from mlbuild.engine.canonical import digest
from mlbuild.engine.store.folder import Folder
from mlbuild.engine.store.kept import read
from mlbuild.engine.store.seal import sealed, unsealed

#: The folder of the records of builds. They belong to no folder, so that those of several clones can be united.
RUNS = "runs"

_SNAPSHOTS = 32
_SNAPSHOT = re.compile(r"[0-9a-f]{16}")


class Local(Protocol):
    """Notes by name, and unfinished work.

    Writing raises `Unwritable` if it fails. Reading treats damaged notes as absent.
    """

    def note(self, name: str) -> Any:
        """Return a note as JSON; None if there is none, or it is damaged."""

    def keep_note(self, name: str, note: Any, *, synced: bool = False) -> None:
        """Write a note, replacing the previous one. A `synced` note also survives a crash of the system."""

    def swap_folder(self, name: str) -> Path:
        """Return the place where the swap of an exported folder is prepared. It survives a killed build."""

    def sweep(self) -> None:
        """Remove what killed builds left behind, if nothing has touched it for a day."""


class DiskLocal:
    """What is only local, in the folder `own` of a project. Results are written to `cache`, which can be the same."""

    def __init__(self, own: Folder, cache: Folder) -> None:
        self._own, self._cache = own, cache

    def note(self, name: str) -> Any:
        return self.unsealed(Path(self._note_path(name)))

    def keep_note(self, name: str, note: Any, *, synced: bool = False) -> None:
        seal = self._own.sealing()
        content = sealed(note, b"" if name.startswith(f"{RUNS}/") else seal)
        self._own.write(self._note_path(name), content, synced=synced)

    def notes(self, folder: str, *, reverse: bool = False) -> Iterator[tuple[Path, Any]]:
        """Yield the notes of a folder with their files, by file name; None for a damaged note."""
        paths = self._own.entries(f"{folder}/*.json")
        for path in reversed(paths) if reverse else paths:
            yield path, self.unsealed(path)

    def unsealed(self, path: Path) -> Any:
        """Return the content of a note or snapshot; None if it is missing, damaged, or from another folder."""
        return unsealed(read(path), b"" if path.parent.name == RUNS else self._own.seal())

    def swap_folder(self, name: str) -> Path:
        return self._own.swap(_file_name(name))

    def sweep(self) -> None:
        for folder in {self._own, self._cache}:
            folder.sweep()

    def keep_snapshot(self, folder: str, name: str, content: bytes) -> None:
        """Write a snapshot, replacing the previous one with that name. Only the newest snapshots are kept."""
        path = self._own.path / folder / name
        self._own.write(path, content)
        others = [one for one in os.scandir(path.parent) if _SNAPSHOT.fullmatch(one.name)]
        others.sort(key=lambda one: one.stat(follow_symlinks=False).st_mtime_ns, reverse=True)
        for old in others[_SNAPSHOTS:]:
            self._own.discard(Path(old.path))

    def keep_copy(self, folder: str, name: str, content: bytes) -> Path:
        """Write a file for people, replacing the previous one with that name. Nothing is read from it."""
        path = self._own.path / folder / _file_name(name)
        self._own.write(path, content)
        return path

    def give(self, path: Path, content: bytes) -> None:
        """Write a file of the project, outside the store, replacing the previous one."""
        self._own.give(path, content)

    def _note_path(self, name: str) -> str:
        folder, _, rest = name.partition("/")
        return (
            f"{self._own.path}/{folder}/{_file_name(rest)}.json" if rest else f"{self._own.path}/{name}.json"
        )


def _file_name(name: str) -> str:
    """Convert a text to a file name: readable if possible, and never too long."""
    quoted = quote(name, safe="")
    return quoted if len(quoted) <= 120 else digest(name.encode("utf-8", "surrogatepass"))
