"""Where results are kept: contents by digest, actions by key, and small notes; a doubt about any is a miss."""

from __future__ import annotations

import hashlib
import itertools
import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

from mlbuild.engine.canonical import canonical, digest, parse

_ABANDONED_SECONDS = 86_400.0
_SNAPSHOTS = 32


class Store(Protocol):
    """Contents by their sha256, what came of a task by its key, notes by name."""

    def put(self, content: bytes) -> str:
        """Keep a content; returns its digest."""

    def put_file(self, path: Path) -> str:
        """Keep the content of a file, which is moved away; returns its digest."""

    def size(self, digest: str) -> int | None:
        """The size of a content in bytes, without reading it; None where it is not kept."""

    def get(self, digest: str) -> bytes | None:
        """A content, verified; a damaged one is dropped and is a miss."""

    def verify(self, digest: str) -> bool:
        """Read a content through and compare its digest; a damaged one is dropped."""

    def path(self, digest: str) -> Path:
        """A kept content as a file that must not be changed."""

    def action(self, key: str) -> Any:
        """What was recorded for a key, as JSON; None where nothing was, or it is damaged."""

    def record(self, key: str, action: Any, *, replace: bool = False) -> bool:
        """Record JSON for a key. The first record stands, unless `replace`; returns whether this one does."""

    def note(self, name: str) -> Any:
        """A note, as JSON; None where there is none, or it is damaged."""

    def keep_note(self, name: str, note: Any) -> None:
        """Write a note in place of the former one."""

    def scratch(self) -> Path:
        """A new, empty folder on the file system of the project; the caller removes it."""

    def sweep(self) -> None:
        """Remove what killed builds left behind, once nothing has touched it for a day."""

    def swap_folder(self, name: str) -> Path:
        """The place where the swap of an exported folder is prepared; it outlives a killed build."""


class _Scratch:
    """The temporary folders of a store, in `.mlbuild/tmp`."""

    def __init__(self, root: Path) -> None:
        self._folder = root / ".mlbuild"

    def scratch(self) -> Path:
        return Path(tempfile.mkdtemp(dir=self._temporary()))

    def swap_folder(self, name: str) -> Path:
        return self._temporary() / f"swap-{_file_name(name)}"

    def sweep(self) -> None:
        try:
            left = [path for path in (self._folder / "tmp").iterdir() if not path.name.startswith("swap-")]
        except OSError:
            return
        for path in left:
            if time.time() - path.stat().st_mtime > _ABANDONED_SECONDS:
                remove(path)

    def _temporary(self) -> Path:
        folder = self._folder / "tmp"
        if not folder.is_dir():
            self._folder.mkdir(parents=True, exist_ok=True)
            (self._folder / ".gitignore").write_text("*\n")
            (self._folder / "CACHEDIR.TAG").write_text("Signature: 8a477f597d28d172789f06886806bc55\n")
            folder.mkdir(exist_ok=True)
        return folder


def remove(path: Path) -> None:
    """Remove a file or a folder with all that is in it; one that is not there is fine."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


class MemoryStore(_Scratch):
    """A store that forgets everything with the process; only what must be a file is one, below `root`."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.contents: dict[str, bytes] = {}
        self.actions: dict[str, bytes] = {}
        self.notes: dict[str, bytes] = {}

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
        file = self._temporary() / digest
        if not file.exists():
            file.write_bytes(self.contents[digest])
        return file

    def action(self, key: str) -> Any:
        return _unsealed(self.actions.get(key))

    def record(self, key: str, action: Any, *, replace: bool = False) -> bool:
        if self.action(key) is not None and not replace:
            return False
        self.actions[key] = _sealed(action)
        return True

    def note(self, name: str) -> Any:
        return _unsealed(self.notes.get(name))

    def keep_note(self, name: str, note: Any) -> None:
        self.notes[name] = _sealed(note)


class DiskStore(_Scratch):
    """A store in the folder `.mlbuild` of a project: `cas/` contents, `ac/` actions, notes by their name.

    Both have sixteen folders: enough to keep each small, few enough for every start to look whether one has changed.
    Every file is written under a temporary name and renamed, so that one is there whole or not at all.
    """

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self._token = os.urandom(6).hex()
        self._numbers = itertools.count()

    def put(self, content: bytes) -> str:
        name = digest(content)
        self._write(self.path(name), content, mode=0o444)
        return name

    def put_file(self, path: Path) -> str:
        name = _file_digest(path)
        kept = self.path(name)
        kept.parent.mkdir(parents=True, exist_ok=True)
        path.chmod(0o444)
        path.replace(kept)
        return name

    def size(self, digest: str) -> int | None:
        try:
            return self.path(digest).stat().st_size
        except OSError:
            return None

    def get(self, name: str) -> bytes | None:
        content = _read(self.path(name))
        if content is not None and digest(content) != name:
            self._drop(name)
            return None
        return content

    def verify(self, digest: str) -> bool:
        try:
            intact = _file_digest(self.path(digest)) == digest
        except OSError:
            intact = False
        if not intact:
            self._drop(digest)
        return intact

    def path(self, digest: str) -> Path:
        return self._folder / "cas" / digest[:1] / digest

    def action(self, key: str) -> Any:
        return _unsealed(_read(self._action_path(key)))

    def record(self, key: str, action: Any, *, replace: bool = False) -> bool:
        path = self._action_path(key)
        if self.action(key) is not None and not replace:
            return False
        self._write(path, _sealed(action))
        return True

    def note(self, name: str) -> Any:
        return _unsealed(_read(self._note_path(name)))

    def keep_note(self, name: str, note: Any) -> None:
        self._write(self._note_path(name), _sealed(note))

    def folders(self) -> list[Path]:
        """The folders one of which changes its time when anything kept is added or removed."""
        kinds = [path for name in ("cas", "ac") if (path := self._folder / name).is_dir()]
        return [*kinds, *(Path(entry.path) for kind in kinds for entry in os.scandir(kind))]

    def keep_snapshot(self, folder: str, name: str, content: bytes) -> None:
        """Write a snapshot in place of the former one of that name; of all, only the newest are kept."""
        path = self._folder / folder / name
        self._write(path, content)
        others = sorted(path.parent.iterdir(), key=lambda other: other.stat().st_mtime_ns, reverse=True)
        for old in others[_SNAPSHOTS:]:
            remove(old)

    def _action_path(self, key: str) -> Path:
        return self._folder / "ac" / key[:1] / key

    def _note_path(self, name: str) -> Path:
        folder, _, rest = name.partition("/")
        return self._folder / folder / f"{_file_name(rest)}.json" if rest else self._folder / f"{name}.json"

    def _drop(self, digest: str) -> None:
        remove(self.path(digest))

    def _write(self, path: Path, content: bytes, mode: int = 0o644) -> None:
        temporary = self._temporary() / f"{self._token}-{os.getpid()}-{next(self._numbers)}"
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(content)
        try:
            temporary.replace(path)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary.replace(path)


def _sealed(value: Any) -> bytes:
    """JSON that carries the digest of its body, so that a changed byte is seen."""
    body = canonical(value)
    return b'{"body":' + body + b',"sha256":"' + digest(body).encode() + b'"}\n'


def _unsealed(content: bytes | None) -> Any:
    """The body, or None where the seal is broken."""
    if content is None or len(content) < 85:
        return None
    body, mark, seal = content[8:-78], content[-78:-67], content[-67:-3]
    if mark != b',"sha256":"' or seal != digest(body).encode():
        return None
    return parse(body)


def _file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _file_name(name: str) -> str:
    """A text as the name of one file: readable where it can be, never too long."""
    quoted = quote(name, safe="")
    return quoted if len(quoted) <= 120 else digest(name.encode("utf-8", "surrogatepass"))
