"""Finds models by their digests: those in folders of the project, and those in its store."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from mlbuild.bundle.opened import NotOurs, Opened
from mlbuild.cli.exits import UsageError
from mlbuild.cli.reading.folders import Folders
from mlbuild.engine.canonical import is_digest
from mlbuild.engine.store.kept import digest_of
from mlbuild.engine.store.store import open_store
from mlbuild.folders import CHANNELS, MODEL, dist_of
from mlbuild.shown import shown


class ModelsAtHand:
    """The models of a project: those in the folder that was asked for, of outputs, of channels, and of former builds."""

    def __init__(self, folders: Folders, folder: Path) -> None:
        self._root, self._folder = folders.root, folder

    def find(self, digest: str) -> Opened | None:
        """Return the model with a digest; None if it is not there.

        Raises:
            UsageError: It cannot be used.
        """
        file = self._files.get(digest) or self._stored(digest)
        try:
            return Opened(file) if file else None
        except NotOurs as error:
            raise UsageError(f"'{shown(str(file))}' {error}") from None

    @cached_property
    def _files(self) -> dict[str, Path]:
        found: dict[str, Path] = {}
        for file in self._candidates():
            try:
                found.setdefault(digest_of(file), file)
            except OSError:  # it is none, or was removed
                continue
        return found

    def _candidates(self) -> Iterator[Path]:
        yield self._folder / MODEL
        for pattern in (f"{dist_of([])}*/*/{MODEL}", f"{CHANNELS}/*/{MODEL}"):
            yield from sorted(self._root.glob(pattern))

    def _stored(self, digest: str) -> Path | None:
        contents = open_store(self._root).contents
        return contents.path(digest) if is_digest(digest) and contents.verify(digest) else None
