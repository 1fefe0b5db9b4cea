"""Actions by key: what tasks with that key gave. The first one counts, wherever it was recorded."""

from __future__ import annotations

from typing import Any, Protocol

from mlbuild.engine.canonical import is_digest
from mlbuild.engine.store.folder import Folder
from mlbuild.engine.store.kept import read
from mlbuild.engine.store.seal import sealed, unsealed
from mlbuild.engine.store.shelf import ACTIONS, Shelf


class Actions(Protocol):
    """Outcomes of tasks by key, as JSON. Projects and machines can share them.

    Writing raises `Unwritable` if it fails. Reading treats damaged actions as absent.
    """

    def get(self, key: str) -> Any:
        """Return what was recorded for a key; None if nothing was, or it is damaged."""

    def record(self, key: str, action: Any, *, replace: bool = False) -> bool:
        """Record an action for a key. The first one wins, unless `replace` is set. Return whether this one did."""


class DiskActions:
    """The actions in a folder."""

    def __init__(self, folder: Folder) -> None:
        self._folder, self._shelf = folder, Shelf(folder, ACTIONS)

    def get(self, key: str) -> Any:
        return unsealed(read(self._shelf.place(key)), self._folder.seal()) if is_digest(key) else None

    def record(self, key: str, action: Any, *, replace: bool = False) -> bool:
        path, content = self._shelf.place(key), sealed(action, self._folder.sealing())
        if not replace:
            if self._folder.add(path, content):
                return True
            if self.get(key) is not None:
                return False
        self._folder.write(path, content)
        return True


class LayeredActions:
    """Actions that are recorded in one place, and looked up there and in other places."""

    def __init__(self, own: Actions, *others: Actions) -> None:
        self._own, self._all = own, (own, *others)

    def get(self, key: str) -> Any:
        return next((action for one in self._all if (action := one.get(key)) is not None), None)

    def record(self, key: str, action: Any, *, replace: bool = False) -> bool:
        return self._own.record(key, action, replace=replace)
