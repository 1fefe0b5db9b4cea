"""Notes about exported folders: which build wrote which files."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from mlbuild.diagnostics import Unwritable
from mlbuild.engine.canonical import is_digest
from mlbuild.engine.decide.documents import build_name, fits
from mlbuild.engine.decide.records import Action
from mlbuild.engine.graph import Task
from mlbuild.engine.store.kept import digest_of, remove
from mlbuild.engine.store.local import Local
from mlbuild.engine.store.store import DiskStore
from mlbuild.frozen import frozen
from mlbuild.regular import walk

#: The folder of these notes in the store.
NOTES = "exported"

_FORMAT = 1
_NOTE = {
    "format": _FORMAT,
    "folder": str,
    "task": str,
    "build": build_name,
    "generated": bool,
    "parts": {str: is_digest},
    "former": {str: is_digest},
}


@frozen
class Exported:
    """An exported folder: the task that makes it, the build that wrote it, and the digests of its files.

    `generated` is the same as in `Task`. `former` are the digests of the previous files, which can still be there
    if the build was killed.
    """

    folder: str
    task: str
    build: str
    generated: bool
    parts: Mapping[str, str]
    former: Mapping[str, str]

    def wrote(self, folder: Path) -> bool:
        """Return whether a folder still contains a file that a build wrote."""
        return any(
            _holds(folder / part, digest) for part, digest in (*self.parts.items(), *self.former.items())
        )

    def untouched(self, folder: Path) -> bool:
        """Return whether a folder contains exactly what the build wrote."""
        return (
            not folder.is_symlink()
            and {*files_in(folder)} == self.parts.keys()
            and all(_holds(folder / part, digest) for part, digest in self.parts.items())
        )


def find_exported(local: Local, folder: str) -> Exported | None:
    """Return the note about a folder, given by its path relative to the project; None if there is none."""
    return _read(local.note(f"{NOTES}/{folder}"), folder)


def keep_exported(task: Task, action: Action, local: Local, build: str) -> None:
    """Write a note of what a build is about to write into the exported folder of a task.

    Raises:
        Unwritable: The store cannot be written.
    """
    folder = str(task.exports)
    found = find_exported(local, folder)
    value = {
        "format": _FORMAT,
        "folder": folder,
        "task": task.name,
        "build": build,
        "generated": task.generated,
        "parts": dict(action.digests),
        "former": dict(found.parts) if found else {},
    }
    local.keep_note(f"{NOTES}/{folder}", value)


def exported_folders(store: DiskStore) -> Iterator[tuple[Path, Exported]]:
    """Return all folders that builds wrote and that still exist, with the files of their notes."""
    for path, note in store.local.notes(NOTES):
        found = _read(note)
        if found is not None and os.path.isdir(store.root / found.folder):  # noqa: PTH112  # false if access is denied
            yield path, found


def untouched_in(root: Path, found: Exported) -> bool:
    """Return whether a folder is in the project and contains exactly what a build wrote."""
    folder = root / found.folder
    return is_below(root, folder) and found.untouched(folder)


def is_below(root: Path, folder: Path) -> bool:
    """Return whether a folder is really in the project, whatever links its path contains. It can be a link itself."""
    inside = os.path.realpath(root)
    return os.path.commonpath([inside, os.path.realpath(folder.parent)]) == inside


def files_in(folder: Path) -> Iterator[str]:
    """Yield the files and links at any depth of a folder, relative to it."""
    for above, folders, names in walk(folder):
        links = [name for name in folders if Path(above, name).is_symlink()]
        for name in sorted([*names, *links]):
            yield Path(above, name).relative_to(folder).as_posix()


def remove_exported(store: DiskStore, note: Path, found: Exported) -> None:
    """Remove a folder and its note.

    Raises:
        Unwritable: One of them cannot be removed.
    """
    try:
        remove(store.root / found.folder)
    except OSError as error:
        raise Unwritable(found.folder, error) from error
    store.discard(note)


def _read(note: Any, folder: str | None = None) -> Exported | None:
    if not fits(note, _NOTE) or folder not in (None, note["folder"]):
        return None
    return Exported(**{name: note[name] for name in _NOTE if name != "format"})


def _holds(path: Path, digest: str) -> bool:
    with suppress(OSError):
        return not path.is_symlink() and digest_of(path) == digest
    return False
