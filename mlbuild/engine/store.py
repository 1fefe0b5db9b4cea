"""Where results are kept: contents by digest, actions by key, and small notes; a doubt about any is a miss."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

from mlbuild.diagnostics import Unusable, Unwritable
from mlbuild.engine.canonical import digest
from mlbuild.engine.folder import Folder
from mlbuild.engine.kept import digest_of, identity, read, size_of
from mlbuild.engine.lock import Waits
from mlbuild.engine.seal import sealed, unsealed

_OWN = ".mlbuild"
_SHARED = "a store that projects of mlbuild share"
_OTHERS = "there are files of others in it"
_SNAPSHOTS = 32
_DIGEST = re.compile(r"[0-9a-f]{64}")
_SNAPSHOT = re.compile(r"[0-9a-f]{16}")


class Store(Protocol):
    """Contents by their sha256, what came of a task by its key, notes by name.

    What writes raises `Unwritable` where that cannot be; what reads takes damage for absence.
    """

    def put(self, content: bytes) -> str:
        """Keep a content; returns its digest."""

    def put_file(self, path: Path) -> str:
        """Keep the content of a file, which is moved away; returns its digest."""

    def size(self, digest: str) -> int | None:
        """The size of a content in bytes, without reading it; None where it is not kept."""

    def get(self, digest: str) -> bytes | None:
        """A content, verified; a damaged one is dropped and is a miss."""

    def verify(self, digest: str) -> bool:
        """Read a content through and compare its digest; a damaged one is dropped."""

    def path(self, digest: str) -> Path:
        """A kept content as a file that must not be changed."""

    def action(self, key: str) -> Any:
        """What was recorded for a key, as JSON; None where nothing was, or it is damaged."""

    def record(self, key: str, action: Any, *, replace: bool = False) -> bool:
        """Record JSON for a key. The first record stands, unless `replace`; returns whether this one does."""

    def note(self, name: str) -> Any:
        """A note, as JSON; None where there is none, or it is damaged."""

    def keep_note(self, name: str, note: Any, *, synced: bool = False) -> None:
        """Write a note in place of the former one. Once `synced`, it outlives the system's sudden end too."""

    def scratch(self) -> Path:
        """A new, empty folder on the file system of the contents; the caller removes it."""

    def sweep(self) -> None:
        """Remove what killed builds left behind, once nothing has touched it for a day."""

    def swap_folder(self, name: str) -> Path:
        """The place where the swap of an exported folder is prepared; it outlives a killed build."""


class DiskStore:
    """A store in the folder `.mlbuild` of a project: `cas/` contents, `ac/` actions, notes by their name.

    Both have sixteen folders: enough to keep each small, few enough for every start to look whether one has changed.
    They can also be in a folder that several projects share, the `cache`, whose `roots/` name these projects.
    """

    def __init__(self, root: Path, cache: Path | None = None) -> None:
        self.root = root
        self.own = Folder(root / _OWN, _OWN)
        alone = cache is None or cache.resolve() == self.own.path.resolve()
        self.cache = self.own if alone or cache is None else Folder(cache, str(cache), _SHARED, private=False)

    @property
    def shared(self) -> bool:
        return self.cache is not self.own

    def put(self, content: bytes) -> str:
        name = digest(content)
        self.cache.write(self._place("cas", name), content, fixed=True)
        return name

    def put_file(self, path: Path) -> str:
        name = digest_of(path)
        self.cache.take(path, self._place("cas", name))
        return name

    def size(self, digest: str) -> int | None:
        return size_of(self._place("cas", digest))

    def get(self, name: str) -> bytes | None:
        place = self._place("cas", name)
        seen = identity(place)
        content = read(place, limit=None)
        if content is not None and digest(content) != name:
            self.cache.drop(place, seen)
            return None
        return content

    def verify(self, digest: str) -> bool:
        place = self.path(digest)
        seen = identity(place)
        try:
            intact = digest_of(place) == digest
        except OSError:
            intact = False
        if not intact:
            self.cache.drop(place, seen)
        return intact

    def path(self, digest: str) -> Path:
        return Path(self._place("cas", digest))

    def action(self, key: str) -> Any:
        return unsealed(read(self._place("ac", key)))

    def action_path(self, key: str) -> Path:
        return Path(self._place("ac", key))

    def record(self, key: str, action: Any, *, replace: bool = False) -> bool:
        path, content = self._place("ac", key), sealed(action)
        if not replace:
            if self.cache.add(path, content):
                return True
            if self.action(key) is not None:
                return False
        self.cache.write(path, content)
        return True

    def note(self, name: str) -> Any:
        return unsealed(read(self._note_path(name)))

    def keep_note(self, name: str, note: Any, *, synced: bool = False) -> None:
        self.own.write(self._note_path(name), sealed(note), synced=synced)

    def files(self, kind: str) -> list[Path]:
        """All contents (`cas`) or all actions (`ac`), and whatever else is where they are."""
        return self.cache.entries(f"{kind}/*/*")

    def owns(self, path: Path) -> bool:
        """Whether a file is a content, an action, or the entry of a project, by its name and place."""
        folders, name = path.relative_to(self.cache.path).parts[:-1], path.name
        places = {("cas", name[0]), ("ac", name[0]), ("roots",)}
        return folders in places and _DIGEST.fullmatch(name) is not None

    def discard(self, path: Path) -> None:
        """Remove a file of the store, or something temporary in it; anything else is set aside.

        Raises:
            Unwritable: that cannot be done.
        """
        for folder in (self.own, self.cache):
            if path.is_relative_to(folder.path):
                folder.discard(path)
                return

    def projects(self) -> Iterator[tuple[Path, DiskStore | None]]:
        """The other projects that share the cache, by the entries that name them: None for one that is gone."""
        for path in self.cache.entries("roots/*") if self.shared else ():
            root = unsealed(read(path))
            there = isinstance(root, str) and (Path(root) / _OWN).is_dir()
            if not there or Path(root) != self.root.resolve():
                yield path, DiskStore(Path(root), self.cache.path) if there else None

    def notes(self, folder: str) -> Iterator[tuple[Path, Any]]:
        """The notes of a folder with their files, by the names of these; a damaged one is None."""
        for path in self.own.entries(f"{folder}/*.json"):
            yield path, unsealed(read(path))

    def give(self, path: Path, content: bytes) -> None:
        """Write a file of the project, outside of the store, in place of the former one."""
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
        """Be the only build of the project; what others clean out of a shared cache waits until this has ended."""
        with self.own.lock(waits):
            with suppress(Unwritable):
                self.own.mark()
            if not self.shared:
                yield
                return
            with self.cache.lock(waits, shared=True):
                with suppress(Unwritable):
                    self.cache.mark()
                    self._enter()
                yield

    @contextmanager
    def cleaning(self, waits: Waits) -> Iterator[None]:
        """No build of any project that uses the cache runs for as long as this lasts."""
        with self.own.lock(waits):
            if not self.shared:
                yield
                return
            with self.cache.lock(waits):
                yield

    def folders(self) -> list[Path]:
        """The folders one of which changes its time when anything kept is added or removed."""
        kinds = [path for name in ("cas", "ac") if (path := self.cache.path / name).is_dir()]
        return [*kinds, *(Path(entry.path) for kind in kinds for entry in os.scandir(kind))]

    def keep_snapshot(self, folder: str, name: str, content: bytes) -> None:
        """Write a snapshot in place of the former one of that name; of all, only the newest are kept."""
        path = self.own.path / folder / name
        self.own.write(path, content)
        others = [one for one in os.scandir(path.parent) if _SNAPSHOT.fullmatch(one.name)]
        others.sort(key=lambda one: one.stat(follow_symlinks=False).st_mtime_ns, reverse=True)
        for old in others[_SNAPSHOTS:]:
            self.own.discard(Path(old.path))

    def _enter(self) -> None:
        """Let those who clean the shared cache know of this project."""
        root = str(self.root.resolve())
        path, content = self.cache.path / "roots" / digest(os.fsencode(root)), sealed(root)
        if read(path) != content:
            self.cache.write(path, content)

    def _place(self, kind: str, name: str) -> str:
        return f"{self.cache.path}/{kind}/{name[:1]}/{name}"

    def _note_path(self, name: str) -> str:
        folder, _, rest = name.partition("/")
        return f"{self.own.path}/{folder}/{_file_name(rest)}.json" if rest else f"{self.own.path}/{name}.json"


def open_store(root: Path) -> DiskStore:
    """The store of a project, its contents and actions in the folder that MLBUILD_CACHE_DIR names, if it does.

    Raises:
        Unusable: one of both folders is not as mlbuild makes it.
    """
    cache = os.environ.get("MLBUILD_CACHE_DIR")
    store = DiskStore(root, Path(cache).absolute() if cache else None)
    store.own.check("cas", "ac")
    if store.own.foreign("tasks", "runs"):
        raise Unusable(store.own.called, _OTHERS, "move them to another folder")
    if store.shared:
        store.cache.check("cas", "ac")
        if store.cache.foreign("cas", "roots"):
            raise Unusable(
                store.cache.called, _OTHERS, "name a folder with MLBUILD_CACHE_DIR that is empty, or new"
            )
    return store


def _file_name(name: str) -> str:
    """A text as the name of one file: readable where it can be, never too long."""
    quoted = quote(name, safe="")
    return quoted if len(quoted) <= 120 else digest(name.encode("utf-8", "surrogatepass"))
