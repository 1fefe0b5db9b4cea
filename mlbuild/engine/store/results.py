"""The results of tasks in a folder: contents by digest in `cas/`, and actions by key in `ac/`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from mlbuild.engine.canonical import digest, is_digest
from mlbuild.engine.store.folder import Folder
from mlbuild.engine.store.kept import Identity, digest_of, identity, read, size_of
from mlbuild.engine.store.seal import sealed, unsealed

CONTENTS, ACTIONS = "cas", "ac"


class Results:
    """Contents and actions, each in sixteen folders: enough to keep them small, few enough to check all at every
    start.

    If they are `borrowed`, because the folder cannot be written, damaged files stay there and count as absent.
    """

    def __init__(self, folder: Folder, *, borrowed: bool = False) -> None:
        self.folder = folder
        self._borrowed = borrowed
        self._damaged: set[str] = set()

    def put(self, content: bytes) -> str:
        name = digest(content)
        self.folder.write(self._place(CONTENTS, name), content, fixed=True)
        return name

    def put_file(self, path: Path) -> str:
        name = digest_of(path)
        self.folder.take(path, self._place(CONTENTS, name))
        return name

    def size(self, name: str) -> int | None:
        return size_of(self._place(CONTENTS, name)) if name not in self._damaged else None

    def get(self, name: str) -> bytes | None:
        place = self._place(CONTENTS, name)
        seen = identity(place)
        content = read(place, limit=None)
        if content is not None and digest(content) != name:
            self._drop(name, seen)
            return None
        return content

    def verify(self, name: str) -> bool:
        place = self._place(CONTENTS, name)
        seen = identity(place)
        try:
            intact = digest_of(place) == name
        except OSError:
            intact = False
        if not intact:
            self._drop(name, seen)
        return intact

    def path(self, name: str) -> Path:
        return Path(self._place(CONTENTS, name))

    def action(self, key: str) -> Any:
        return unsealed(read(self._place(ACTIONS, key)), self.folder.seal()) if is_digest(key) else None

    def record(self, key: str, action: Any, *, replace: bool = False) -> bool:
        path, content = self._place(ACTIONS, key), sealed(action, self.folder.sealing())
        if not replace:
            if self.folder.add(path, content):
                return True
            if self.action(key) is not None:
                return False
        self.folder.write(path, content)
        return True

    def files(self, kind: str) -> list[Path]:
        """Return all contents (`cas`) or all actions (`ac`), and anything else in their folders."""
        return self.folder.entries(f"{kind}/*/*")

    def owns(self, path: Path) -> bool:
        """Whether a file is a content or an action, by its name and place."""
        places = {(kind, path.name[:1]) for kind in (CONTENTS, ACTIONS)}
        return path.relative_to(self.folder.path).parts[:-1] in places and is_digest(path.name)

    def folders(self) -> list[Path]:
        """Return the folders whose times change when anything is added or removed."""
        kinds = [path for name in (CONTENTS, ACTIONS) if (path := self.folder.path / name).is_dir()]
        return [*kinds, *(Path(entry.path) for kind in kinds for entry in os.scandir(kind))]

    def _drop(self, name: str, seen: Identity | None) -> None:
        if self._borrowed:
            self._damaged.add(name)
        else:
            self.folder.drop(self._place(CONTENTS, name), seen)

    def _place(self, kind: str, name: str) -> str:
        if not is_digest(name):
            raise ValueError(f"{name!r} is not a digest")
        return f"{self.folder.path}/{kind}/{name[0]}/{name}"
