"""A store in memory for the engine's tests. What holds for both stores holds for the engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

from mlbuild.engine.canonical import digest
from mlbuild.engine.store.folder import Folder
from mlbuild.engine.store.seal import sealed, unsealed


class MemoryStore:
    """A store that exists only as long as the process. Only what must be a file is one, below `root`."""

    def __init__(self, root: Path) -> None:
        self.contents: dict[str, bytes] = {}
        self.actions: dict[str, bytes] = {}
        self.notes: dict[str, bytes] = {}
        self._files = Folder(root / ".mlbuild", ".mlbuild")

    def put(self, content: bytes) -> str:
        name = digest(content)
        self.contents[name] = content
        return name

    def put_file(self, path: Path) -> str:
        content = path.read_bytes()
        path.unlink()
        return self.put(content)

    def size(self, digest: str) -> int | None:
        return len(self.contents[digest]) if digest in self.contents else None

    def get(self, digest: str) -> bytes | None:
        return self.contents[digest] if self.verify(digest) else None

    def verify(self, name: str) -> bool:
        if name in self.contents and digest(self.contents[name]) != name:
            del self.contents[name]
        return name in self.contents

    def path(self, digest: str) -> Path:
        file = self._files.path / digest
        if not file.exists():
            self._files.write(file, self.contents[digest])
        return file

    def action(self, key: str) -> Any:
        return unsealed(self.actions.get(key))

    def record(self, key: str, action: Any, *, replace: bool = False) -> bool:
        if self.action(key) is not None and not replace:
            return False
        self.actions[key] = sealed(action)
        return True

    def note(self, name: str) -> Any:
        return unsealed(self.notes.get(name))

    def keep_note(self, name: str, note: Any, *, synced: bool = False) -> None:
        self.notes[name] = sealed(note)

    def scratch(self) -> Path:
        return self._files.scratch()

    def sweep(self) -> None:
        self._files.sweep()

    def swap_folder(self, name: str) -> Path:
        return self._files.swap(quote(name, safe=""))
