"""Contents by their digest: the parts of results. A digest identifies the same content everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from mlbuild.engine.canonical import digest
from mlbuild.engine.store.folder import Folder
from mlbuild.engine.store.kept import Identity, digest_of, identity, read, size_of
from mlbuild.engine.store.shelf import CONTENTS, Shelf


class Contents(Protocol):
    """Contents by their SHA-256. Projects and machines can share them.

    Writing raises `Unwritable` if it fails. Reading treats damaged contents as absent.
    """

    def put(self, content: bytes) -> str:
        """Store a content and return its digest."""

    def put_file(self, path: Path) -> str:
        """Move a file from a scratch folder into the store and return the digest of its content."""

    def scratch(self) -> Path:
        """Create a new, empty folder for files that may be moved into the store. The caller removes it."""

    def size(self, digest: str) -> int | None:
        """Return the size of a content in bytes, without reading it; None if it is not stored."""

    def get(self, digest: str) -> bytes | None:
        """Return a content after verifying it. A damaged one is dropped and counts as absent."""

    def verify(self, digest: str) -> bool:
        """Read a whole content and compare its digest. A damaged one is dropped."""

    def path(self, digest: str) -> Path:
        """Return a stored content as a local file, which must not be changed."""


class DiskContents:
    """The contents in a folder.

    If they are `borrowed`, because the folder cannot be written, damaged files stay there and count as absent.
    """

    def __init__(self, folder: Folder, *, borrowed: bool = False) -> None:
        self._folder, self._shelf = folder, Shelf(folder, CONTENTS)
        self._borrowed = borrowed
        self._damaged: set[str] = set()

    def put(self, content: bytes) -> str:
        name = digest(content)
        self._folder.write(self._shelf.place(name), content, fixed=True)
        return name

    def put_file(self, path: Path) -> str:
        name = digest_of(path)
        self._folder.take(path, self._shelf.place(name))
        return name

    def scratch(self) -> Path:
        return self._folder.scratch()

    def size(self, digest: str) -> int | None:
        return size_of(self._shelf.place(digest)) if digest not in self._damaged else None

    def get(self, name: str) -> bytes | None:
        place = self._shelf.place(name)
        seen = identity(place)
        content = read(place, limit=None)
        if content is not None and digest(content) != name:
            self._drop(name, seen)
            return None
        return content

    def verify(self, digest: str) -> bool:
        place = self._shelf.place(digest)
        seen = identity(place)
        try:
            intact = digest_of(place) == digest
        except OSError:
            intact = False
        if not intact:
            self._drop(digest, seen)
        return intact

    def path(self, digest: str) -> Path:
        return Path(self._shelf.place(digest))

    def _drop(self, name: str, seen: Identity | None) -> None:
        if self._borrowed:
            self._damaged.add(name)
        else:
            self._folder.drop(self._shelf.place(name), seen)


class LayeredContents:
    """Contents that are written to one place, and read from there and from other places."""

    def __init__(self, own: Contents, *others: Contents) -> None:
        self._own, self._all = own, (own, *others)

    def put(self, content: bytes) -> str:
        return self._own.put(content)

    def put_file(self, path: Path) -> str:
        return self._own.put_file(path)

    def scratch(self) -> Path:
        return self._own.scratch()

    def size(self, digest: str) -> int | None:
        return next((size for one in self._all if (size := one.size(digest)) is not None), None)

    def get(self, digest: str) -> bytes | None:
        return next((content for one in self._all if (content := one.get(digest)) is not None), None)

    def verify(self, digest: str) -> bool:
        return any(one.verify(digest) for one in self._all)

    def path(self, digest: str) -> Path:
        return next((one for one in self._all if one.size(digest) is not None), self._own).path(digest)
