"""Several local files as one external input: a file changes the content of the set, and so does its name."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from mlbuild.data.locators.patterns import Matches, is_pattern, matching
from mlbuild.engine.decide.external import Glance, Token
from mlbuild.engine.decide.files import LocalFile, settled
from mlbuild.frozen import frozen

#: How many facts there are about each file.
_FACTS = 4


@frozen
class FileSet:
    """The files at some paths, which can be patterns, in the order of the paths.

    `called` names them in messages. `has_variables` is true if the paths depend on environment variables.
    """

    paths: tuple[str, ...]
    called: str
    has_variables: bool = False

    def matches(self, root: Path) -> list[Matches]:
        """Find the files of each path.

        Raises:
            OSError: A folder cannot be read.
        """
        return [
            matching(root, path) if is_pattern(root, path) else Matches((path,), (), (path,))
            for path in self.paths
        ]

    def names(self, root: Path) -> list[str]:
        """Return the files, relative to the folder of the project.

        Raises:
            OSError: A folder cannot be read.
        """
        return [name for one in self.matches(root) for name in one.files]

    def token(self, root: Path) -> Token | None:
        try:
            found: Token = []
            for name in self.names(root):
                found += [name, *_facts(root / name)]
            return found or None
        except OSError:
            return None

    def settled(self, token: Token, at: int) -> bool:
        return all(settled(facts, at) for _, facts in _by_file(token))

    def digest(self, root: Path) -> str | None:
        whole = hashlib.sha256()
        try:
            names = self.names(root)
        except OSError:
            return None
        for name in names:
            one = LocalFile(root / name, name).digest(root)
            if one is None:
                return None
            # Names can contain anything but NUL and count too, because partitions are read from them.
            whole.update(f"{os.path.normpath(name)}\0{one}\0".encode(errors="surrogateescape"))
        return whole.hexdigest() if names else None

    def glances(self, token: Token, root: Path) -> Sequence[Glance] | None:
        """Return the files, and the folders in which a file that is added or removed would be."""
        if self.has_variables:
            return None
        try:
            folders = dict.fromkeys(name for one in self.matches(root) for name in one.folders)
            searched = [
                Glance(name.rstrip("/") or name or ".", _facts(root / name), False) for name in folders
            ]
        except OSError:
            return None
        now = time.time_ns()
        if self.token(root) != token or not all(settled(one.facts, now) for one in searched):
            return None
        return [*searched, *(Glance(name, facts, False) for name, facts in _by_file(token))]

    def files(self, root: Path) -> Sequence[Path]:
        return [root / name for name in self.names(root)]


def _facts(path: Path) -> tuple[int, ...]:
    stat = path.stat()
    return stat.st_mtime_ns, stat.st_size, stat.st_ino, stat.st_ctime_ns


def _by_file(token: Token) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield the names in a token with their facts."""
    for start in range(0, len(token), _FACTS + 1):
        name, *facts = token[start : start + _FACTS + 1]
        yield str(name), tuple(int(fact) for fact in facts)
