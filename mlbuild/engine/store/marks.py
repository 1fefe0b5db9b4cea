"""The marks of a folder of generated files: what git, backups and mlbuild itself know it by."""

from __future__ import annotations

import os
from pathlib import Path

from mlbuild.engine.store.birth import born
from mlbuild.engine.store.kept import Identity, identity, read

#: An empty file that is made once, with the folder.
HERE = "here"

_TAG = "CACHEDIR.TAG"
_SIGNATURE = "Signature: 8a477f597d28d172789f06886806bc55\n"


class Marks:
    """The marks of a folder that is for a purpose: by file, what is in it."""

    def __init__(self, folder: Path, purpose: str) -> None:
        self._folder = folder
        self._seen: Identity | None = None
        self._place = b""
        self.contents = {".gitignore": b"*\n", _TAG: f"{_SIGNATURE}# This is {purpose}.\n".encode()}

    def wrong(self) -> dict[str, bytes]:
        """Those that are not as they should be."""
        return {
            name: content for name, content in self.contents.items() if read(self._folder / name) != content
        }

    def foreign(self, *kept: str) -> bool:
        """Whether there is something in the folder that was not put there for its purpose.

        It is known by its tag, which another process may be writing now, or where that is damaged, by what is `kept`.
        """
        try:
            names = {*os.listdir(self._folder)}  # noqa: PTH208  # one call, and names are all it takes
        except OSError:  # it is not there, or not a folder: whoever writes to it will be told
            return False
        tag = read(self._folder / _TAG)
        known = tag is not None and self.contents[_TAG].startswith(tag)
        return not (known or names <= self.contents.keys() or names >= {*kept})

    def place(self) -> bytes | None:
        """What tells the folder from every copy of it: the inode of a file in it and when that was made; None without one.

        Nobody can choose these who makes the clone, archive or backup that a folder comes from.
        """
        path = f"{self._folder}/{HERE}"
        found = identity(path)
        if found is None:
            return None
        if found != self._seen:
            try:
                self._seen, self._place = found, f"{found[0]} {born(path)} ".encode()
            except OSError:  # it has just gone
                return None
        return self._place
