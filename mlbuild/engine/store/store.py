"""The store of results: contents by digest, actions by key, and small notes. Anything doubtful counts as absent."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

from mlbuild import __version__
from mlbuild.diagnostics import Unwritable
from mlbuild.engine.canonical import digest, is_digest
from mlbuild.engine.store.examine import examine
from mlbuild.engine.store.folder import Folder
from mlbuild.engine.store.kept import read
from mlbuild.engine.store.lock import Waits
from mlbuild.engine.store.results import Results
from mlbuild.engine.store.seal import sealed, unsealed
from mlbuild.regular import real

_OWN = ".mlbuild"
_SHARED = "a store that mlbuild projects share"
#: The folders that contain folders.
_INNER = ("cas", "ac")
_SNAPSHOTS = 32
#: The note that records where the folder was created.
_ORIGIN = "origin"
_SNAPSHOT = re.compile(r"[0-9a-f]{16}")


class Store(Protocol):
    """Contents by their SHA-256, outcomes of tasks by key, and notes by name.

    Writing raises `Unwritable` if it fails. Reading treats damaged entries as absent.
    """

    def put(self, content: bytes) -> str:
        """Store a content and return its digest."""

    def put_file(self, path: Path) -> str:
        """Move a file into the store and return the digest of its content."""

    def size(self, digest: str) -> int | None:
        """Return the size of a content in bytes, without reading it; None if it is not stored."""

    def get(self, digest: str) -> bytes | None:
        """Return a content after verifying it. A damaged one is dropped and counts as absent."""

    def verify(self, digest: str) -> bool:
        """Read a whole content and compare its digest. A damaged one is dropped."""

    def path(self, digest: str) -> Path:
        """Return a stored content as a file, which must not be changed."""

    def action(self, key: str) -> Any:
        """Return what was recorded for a key, as JSON; None if nothing was, or it is damaged."""

    def record(self, key: str, action: Any, *, replace: bool = False) -> bool:
        """Record JSON for a key. The first record wins, unless `replace` is set. Return whether this one did."""

    def note(self, name: str) -> Any:
        """Return a note as JSON; None if there is none, or it is damaged."""

    def keep_note(self, name: str, note: Any, *, synced: bool = False) -> None:
        """Write a note, replacing the previous one. A `synced` note also survives a crash of the system."""

    def scratch(self) -> Path:
        """Create a new, empty folder on the file system of the contents. The caller removes it."""

    def sweep(self) -> None:
        """Remove what killed builds left behind, if nothing has touched it for a day."""

    def swap_folder(self, name: str) -> Path:
        """Return the place where the swap of an exported folder is prepared. It survives a killed build."""


@dataclass(frozen=True)
class Neighbour:
    """A project that shares a cache: the entry with its name, and its store.

    A project that is `gone` has no store. The store of another user may not be readable.
    """

    entry: Path
    store: DiskStore | None
    gone: bool


class DiskStore:
    """A store in the folder `.mlbuild` of a project: `cas/` contents, `ac/` actions, and notes by their names.

    Contents and actions can instead be in a `cache` folder that several projects share; its `roots/` names these
    projects. If the cache is read-only, it is `borrowed`, and new results are stored in `.mlbuild`. Notes and
    actions in `.mlbuild` are read only if they were written in this very folder.
    """

    def __init__(self, root: Path, cache: Path | None = None) -> None:
        self.root = root
        self.own = Folder(root / _OWN, _OWN)
        alone = cache is None or real(cache) == real(self.own.path)
        named = None if alone or cache is None else Folder(cache, str(cache), _SHARED, private=False)
        self.borrowed = named if named and not named.writable() else None
        self.cache = named if named and not self.borrowed else self.own
        self._results = Results(self.cache)
        self._all = [self._results, *([Results(self.borrowed, borrowed=True)] if self.borrowed else [])]

    @property
    def shared(self) -> bool:
        """Whether other projects use what this one writes."""
        return self.cache is not self.own

    def put(self, content: bytes) -> str:
        return self._results.put(content)

    def put_file(self, path: Path) -> str:
        return self._results.put_file(path)

    def size(self, digest: str) -> int | None:
        return next((size for one in self._all if (size := one.size(digest)) is not None), None)

    def get(self, digest: str) -> bytes | None:
        return next((content for one in self._all if (content := one.get(digest)) is not None), None)

    def verify(self, digest: str) -> bool:
        return any(one.verify(digest) for one in self._all)

    def path(self, digest: str) -> Path:
        return next((one for one in self._all if one.size(digest) is not None), self._results).path(digest)

    def action(self, key: str) -> Any:
        return next((action for one in self._all if (action := one.action(key)) is not None), None)

    def record(self, key: str, action: Any, *, replace: bool = False) -> bool:
        return self._results.record(key, action, replace=replace)

    def note(self, name: str) -> Any:
        return unsealed(read(self._note_path(name)), self.own.seal())

    def keep_note(self, name: str, note: Any, *, synced: bool = False) -> None:
        content = sealed(note, self.own.sealing())
        self.own.write(self._note_path(name), content, synced=synced)

    def files(self, kind: str) -> list[Path]:
        """Return all contents (`cas`) or all actions (`ac`), and anything else in their folders."""
        return self._results.files(kind)

    def owns(self, path: Path) -> bool:
        """Whether a file is a content or an action, by its name and place."""
        return self._results.owns(path)

    def sound(self, path: Path) -> bool:
        """Whether an action, a note or the entry of a project is as it was written. Reads the whole file."""
        private = path.is_relative_to(self.own.path)
        return unsealed(read(path), self.own.seal() if private else self.cache.seal()) is not None

    def discard(self, path: Path) -> None:
        """Remove a file of the store, or a temporary one; anything else is moved aside.

        Raises:
            Unwritable: This is not possible.
        """
        folder = self.own if path.is_relative_to(self.own.path) else self.cache
        folder.discard(path)

    def begin(self) -> bool:
        """Start to keep notes in `.mlbuild`. Return whether there are already some that were not written here."""
        if self.note(_ORIGIN) is not None:
            return False
        brought = any((self.own.path / name).exists() for name in ("ac", "tasks", "runs"))
        with suppress(Unwritable):
            self.keep_note(_ORIGIN, {"mlbuild": __version__})
        return brought

    def neighbours(self) -> Iterator[Neighbour]:
        """Yield the other projects that share the cache."""
        entries = self.cache.entries("roots/*") if self.shared else ()
        for entry in (entry for entry in entries if is_digest(entry.name)):
            root = unsealed(read(entry))
            seen = _seen(root) if isinstance(root, str) else False
            if not seen or Path(root) != real(self.root):
                yield Neighbour(
                    entry, DiskStore(Path(root), self.cache.path) if seen else None, seen is False
                )

    def notes(self, folder: str, *, reverse: bool = False) -> Iterator[tuple[Path, Any]]:
        """Yield the notes of a folder with their files, by file name; None for a damaged note."""
        paths = self.own.entries(f"{folder}/*.json")
        for path in reversed(paths) if reverse else paths:
            yield path, unsealed(read(path), self.own.seal())

    def give(self, path: Path, content: bytes) -> None:
        """Write a file of the project, outside of the store, replacing the previous one."""
        self.own.give(path, content)

    def scratch(self) -> Path:
        return self.cache.scratch()

    def sweep(self) -> None:
        for folder in {self.own, self.cache}:
            folder.sweep()

    def swap_folder(self, name: str) -> Path:
        return self.own.swap(_file_name(name))

    @contextmanager
    def building(self, waits: Waits) -> Iterator[None]:
        """Be the only build of the project. Other projects cannot clean a shared cache until this has ended."""
        beside = self.borrowed or (self.cache if self.shared else None)
        with self.own.lock(waits), beside.lock(waits, shared=True) if beside else nullcontext():
            with suppress(Unwritable):
                self.own.mark()
            with suppress(Unwritable):
                if self.shared:
                    self.cache.mark()
                    self._enter()
            yield

    @contextmanager
    def cleaning(self, waits: Waits) -> Iterator[None]:
        """Keep builds of all projects that use the cache from running while this lasts."""
        with self.own.lock(waits), self.cache.lock(waits) if self.shared else nullcontext():
            yield

    def folders(self) -> list[Path]:
        """Return the folders whose times change when a content or an action is added or removed."""
        return [folder for one in self._all for folder in one.folders()]

    def keep_snapshot(self, folder: str, name: str, content: bytes) -> None:
        """Write a snapshot, replacing the previous one with that name. Only the newest snapshots are kept."""
        path = self.own.path / folder / name
        self.own.write(path, content)
        others = [one for one in os.scandir(path.parent) if _SNAPSHOT.fullmatch(one.name)]
        others.sort(key=lambda one: one.stat(follow_symlinks=False).st_mtime_ns, reverse=True)
        for old in others[_SNAPSHOTS:]:
            self.own.discard(Path(old.path))

    def _enter(self) -> None:
        """Register this project in the shared cache, for garbage collection."""
        root = str(real(self.root))
        path, content = self.cache.path / "roots" / digest(os.fsencode(root)), sealed(root)
        if read(path) != content:
            self.cache.write(path, content)

    def _note_path(self, name: str) -> str:
        folder, _, rest = name.partition("/")
        return f"{self.own.path}/{folder}/{_file_name(rest)}.json" if rest else f"{self.own.path}/{name}.json"


def open_store(root: Path) -> DiskStore:
    """Open the store of a project.

    Its contents and actions are in the folder that MLBUILD_CACHE_DIR names, if it is set.

    Raises:
        Unreadable, Unusable: One of the folders is not as mlbuild makes it.
    """
    cache = os.environ.get("MLBUILD_CACHE_DIR")
    store = DiskStore(root, Path(cache).absolute() if cache else None)
    examine(store.own, _INNER, ("tasks", "runs"), "move them elsewhere")
    named = store.borrowed or store.cache
    if named is not store.own:
        examine(named, _INNER, ("cas", "roots"), "set MLBUILD_CACHE_DIR to your own folder or to a new one")
    return store


def _seen(root: str) -> bool | None:
    """Whether a project has a store; None if this user cannot see it."""
    try:
        next((Path(root) / _OWN).iterdir(), None)
    except PermissionError:
        return None
    except (OSError, ValueError):
        return False
    return True


def _file_name(name: str) -> str:
    """Convert a text to a file name: readable if possible, and never too long."""
    quoted = quote(name, safe="")
    return quoted if len(quoted) <= 120 else digest(name.encode("utf-8", "surrogatepass"))
