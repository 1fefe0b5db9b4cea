"""Files with digests as names, in sixteen folders: enough to keep them small, few enough to check all at every start."""

from __future__ import annotations

import os
from pathlib import Path

from mlbuild.engine.canonical import is_digest
from mlbuild.engine.store.folder import Folder
from mlbuild.frozen import frozen

CONTENTS, ACTIONS = "cas", "ac"


@frozen
class Shelf:
    """The contents (`cas`) or the actions (`ac`) in a folder."""

    folder: Folder
    kind: str

    def place(self, name: str) -> str:
        if not is_digest(name):
            raise ValueError(f"{name!r} is not a digest")
        return f"{self.folder.path}/{self.kind}/{name[0]}/{name}"

    def owns(self, path: Path) -> bool:
        """Whether a file belongs here, by its name and place."""
        return is_digest(path.name) and str(path) == self.place(path.name)

    def files(self) -> list[Path]:
        """Return all files, and anything else in their folders."""
        return self.folder.entries(f"{self.kind}/*/*")

    def folders(self) -> list[Path]:
        """Return the folders whose times change when anything is added or removed."""
        top = self.folder.path / self.kind
        return [top, *(Path(entry.path) for entry in os.scandir(top))] if top.is_dir() else []
