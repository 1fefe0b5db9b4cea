"""A store in memory for the engine's tests. What holds for both stores holds for the engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

from mlbuild.engine.canonical import digest
from mlbuild.engine.store.folder import Folder
from mlbuild.engine.store.seal import sealed, unsealed
from mlbuild.engine.store.store import Store


def memory_store(root: Path) -> Store:
    """Return a store that exists only as long as the process. Only what must be a file is one, below `root`."""
    files = Folder(root / ".mlbuild", ".mlbuild")
    return Store(MemoryContents(files), MemoryActions(), MemoryLocal(files))


class MemoryContents:
    def __init__(self, files: Folder) -> None:
        self.contents: dict[str, bytes] = {}
        self._files = files

    def put(self, content: bytes) -> str:
        name = digest(content)
        self.contents[name] = content
        return name

    def put_file(self, path: Path) -> str:
        content = path.read_bytes()
        path.unlink()
        return self.put(content)

    def scratch(self) -> Path:
        return self._files.scratch()

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


class MemoryActions:
    def __init__(self) -> None:
        self.actions: dict[str, bytes] = {}

    def get(self, key: str) -> Any:
        return unsealed(self.actions.get(key))

    def record(self, key: str, action: Any, *, replace: bool = False) -> bool:
        if self.get(key) is not None and not replace:
            return False
        self.actions[key] = sealed(action)
        return True


class MemoryLocal:
    def __init__(self, files: Folder) -> None:
        self.notes: dict[str, bytes] = {}
        self._files = files

    def note(self, name: str) -> Any:
        return unsealed(self.notes.get(name))

    def keep_note(self, name: str, note: Any, *, synced: bool = False) -> None:
        self.notes[name] = sealed(note)

    def swap_folder(self, name: str) -> Path:
        return self._files.swap(quote(name, safe=""))

    def sweep(self) -> None:
        self._files.sweep()
