"""The store of a project: what builds read and write, and the folders on disk that hold it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

from mlbuild import __version__
from mlbuild.diagnostics import Unwritable
from mlbuild.engine.canonical import digest, is_digest
from mlbuild.engine.store.actions import Actions, DiskActions, LayeredActions
from mlbuild.engine.store.contents import Contents, DiskContents, LayeredContents
from mlbuild.engine.store.examine import examine
from mlbuild.engine.store.folder import Folder
from mlbuild.engine.store.kept import read
from mlbuild.engine.store.local import RUNS, DiskLocal, Local
from mlbuild.engine.store.lock import Waits
from mlbuild.engine.store.seal import sealed, unsealed
from mlbuild.engine.store.shelf import ACTIONS, CONTENTS, Shelf
from mlbuild.frozen import frozen
from mlbuild.regular import real

_OWN = ".mlbuild"
_SHARED = "a store that mlbuild projects share"
#: The folders that contain folders.
_INNER = (CONTENTS, ACTIONS)
#: The note that records where the folder was created.
_ORIGIN = "origin"


@frozen
class Store:
    """What builds read and write: `contents` and `actions`, which machines can share, and what is only `local`."""

    contents: Contents
    actions: Actions
    local: Local


@frozen
class Neighbor:
    """A project that shares a cache: the entry with its name, and its store.

    A project that is `gone` has no store. The store of another user may not be readable.
    """

    entry: Path
    store: DiskStore | None
    gone: bool


@frozen
class DiskStore(Store):
    """A store in the folder `.mlbuild` of a project (`own`): `cas/` contents, `ac/` actions, and notes by their names.

    Contents and actions can instead be in a `cache` folder that several projects share; its `roots/` names these
    projects. If the cache is read-only, it is `borrowed`, and new results are stored in `.mlbuild`. Notes and
    actions in `.mlbuild` are read only if they were written in this very folder.
    """

    local: DiskLocal
    root: Path
    own: Folder
    cache: Folder
    borrowed: Folder | None

    @staticmethod
    def at(root: Path, cache: Path | None = None) -> DiskStore:
        """Return the store of a project. Nothing is written yet."""
        own = Folder(root / _OWN, _OWN)
        alone = cache is None or real(cache) == real(own.path)
        named = None if alone or cache is None else Folder(cache, str(cache), _SHARED, private=False)
        borrowed = named if named and not named.writable() else None
        written = named if named and not borrowed else own
        contents: Contents = DiskContents(written)
        actions: Actions = DiskActions(written)
        if borrowed:
            contents = LayeredContents(contents, DiskContents(borrowed, borrowed=True))
            actions = LayeredActions(actions, DiskActions(borrowed))
        return DiskStore(contents, actions, DiskLocal(own, written), root, own, written, borrowed)

    def beside(self, root: Path) -> DiskStore:
        """Return the store of another checkout of this project, with the same contents and actions, and its own notes."""
        own = Folder(root / _OWN, _OWN)
        return DiskStore(self.contents, self.actions, DiskLocal(own, own), root, own, own, None)

    @property
    def shared(self) -> bool:
        """Whether other projects use what this one writes."""
        return self.cache is not self.own

    def files(self, kind: str) -> list[Path]:
        """Return all contents (`cas`) or all actions (`ac`), and anything else in their folders."""
        return Shelf(self.cache, kind).files()

    def owns(self, path: Path) -> bool:
        """Whether a file is a content or an action, by its name and place."""
        return any(Shelf(self.cache, kind).owns(path) for kind in (CONTENTS, ACTIONS))

    def sound(self, path: Path) -> bool:
        """Whether an action, a note or the entry of a project is as it was written. Reads the whole file."""
        if path.is_relative_to(self.own.path):
            return self.local.unsealed(path) is not None
        return unsealed(read(path), self.cache.seal()) is not None

    def discard(self, path: Path) -> None:
        """Remove a file of the store, or a temporary one; anything else is moved aside.

        Raises:
            Unwritable: This is not possible.
        """
        folder = self.own if path.is_relative_to(self.own.path) else self.cache
        folder.discard(path)

    def begin(self) -> bool:
        """Start to keep notes in `.mlbuild`. Return whether there are already some that were not written here."""
        if self.local.note(_ORIGIN) is not None:
            return False
        brought = any((self.own.path / name).exists() for name in ("ac", "tasks", RUNS))
        with suppress(Unwritable):
            self.local.keep_note(_ORIGIN, {"mlbuild": __version__})
        return brought

    def neighbors(self) -> Iterator[Neighbor]:
        """Yield the other projects that share the cache."""
        entries = self.cache.entries("roots/*") if self.shared else ()
        for entry in (entry for entry in entries if is_digest(entry.name)):
            root = unsealed(read(entry))
            seen = _seen(root) if isinstance(root, str) else False
            if not seen or Path(root) != real(self.root):
                yield Neighbor(
                    entry, DiskStore.at(Path(root), self.cache.path) if seen else None, seen is False
                )

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
        places = (self.cache, self.borrowed) if self.borrowed else (self.cache,)
        return [
            one for place in places for kind in (CONTENTS, ACTIONS) for one in Shelf(place, kind).folders()
        ]

    def _enter(self) -> None:
        """Register this project in the shared cache, for garbage collection."""
        root = str(real(self.root))
        path, content = self.cache.path / "roots" / digest(os.fsencode(root)), sealed(root)
        if read(path) != content:
            self.cache.write(path, content)


def open_store(root: Path) -> DiskStore:
    """Open the store of a project.

    Its contents and actions are in the folder that MLBUILD_CACHE_DIR names, if it is set.

    Raises:
        Unreadable, Unusable: One of the folders is not as mlbuild makes it.
    """
    cache = os.environ.get("MLBUILD_CACHE_DIR")
    store = DiskStore.at(root, Path(cache).absolute() if cache else None)
    examine(store.own, _INNER, ("tasks", RUNS), "move them elsewhere")
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
