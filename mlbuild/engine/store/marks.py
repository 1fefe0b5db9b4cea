"""The marks of a folder with generated files, by which git, backups and mlbuild itself recognize it."""

from __future__ import annotations

import os
from pathlib import Path

from mlbuild.engine.store.birth import born
from mlbuild.engine.store.kept import Identity, identity, read

#: An empty file that is created once, with the folder.
HERE = "here"

_TAG = "CACHEDIR.TAG"
_SIGNATURE = "Signature: 8a477f597d28d172789f06886806bc55\n"


class Marks:
    """The marks of a folder for a purpose: file names and contents."""

    def __init__(self, folder: Path, purpose: str) -> None:
        self._folder = folder
        self._seen: Identity | None = None
        self._place = b""
        self.contents = {".gitignore": b"*\n", _TAG: f"{_SIGNATURE}# This is {purpose}.\n".encode()}

    def wrong(self) -> dict[str, bytes]:
        """Return the marks that are missing or wrong."""
        return {
            name: content for name, content in self.contents.items() if read(self._folder / name) != content
        }

    def foreign(self, *kept: str) -> bool:
        """Whether the folder contains something that was not put there for its purpose.

        The folder is recognized by its tag or, if another process is writing the tag or it is damaged, by the names
        in `kept`.
        """
        try:
            names = {*os.listdir(self._folder)}  # noqa: PTH208  # one call, and only names are needed
        except OSError:  # it does not exist or is not a folder: writing to it will report this
            return False
        tag = read(self._folder / _TAG)
        known = tag is not None and self.contents[_TAG].startswith(tag)
        return not (known or names <= self.contents.keys() or names >= {*kept})

    def place(self) -> bytes | None:
        """Return what distinguishes the folder from every copy: the inode and creation time of a file in it.

        None without one.

        Nobody who makes the clone, archive or backup that a folder comes from can choose these.
        """
        path = f"{self._folder}/{HERE}"
        found = identity(path)
        if found is None:
            return None
        if found != self._seen:
            try:
                self._seen, self._place = found, f"{found[0]} {born(path)} ".encode()
            except OSError:  # it has just been removed
                return None
        return self._place
