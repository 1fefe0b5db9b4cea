"""A folder that holds a cache: every file in it is there whole or not at all, and damage to it is written over."""

from __future__ import annotations

import errno
import itertools
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

from mlbuild.diagnostics import Unreadable, Unwritable
from mlbuild.engine.lock import Waits, locked

_ABANDONED_SECONDS = 86_400.0
_SWAP = "swap-"
_TAG = "CACHEDIR.TAG"
_SIGNATURE = "Signature: 8a477f597d28d172789f06886806bc55\n"
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL

#: What tells one file from another that gets its name later.
Identity = tuple[int, int]


class Folder:
    """A folder for generated files, which git and backups pass over.

    `called` is its name in messages. `purpose` is told in its tag, and is what the folder is known by.

    A file is written under a temporary name in `tmp/` and then gets its own, so that a reader, or a build after one
    that was killed, never sees half of it. Whatever cannot be written raises `Unwritable`.
    """

    def __init__(self, path: Path, called: str, purpose: str = "a store of mlbuild") -> None:
        self.path, self.called = path, called
        self._marks = {".gitignore": b"*\n", _TAG: f"{_SIGNATURE}# This is {purpose}.\n".encode()}
        self._temporaries = f"{path}/tmp/{os.urandom(6).hex()}"
        self._numbers = itertools.count()

    def foreign(self, *kept: str) -> bool:
        """Whether there is something in the folder that was not put there for its purpose.

        It is known by its tag, which another process may be writing now, or where that is damaged, by what is `kept`.
        """
        try:
            names = {*os.listdir(self.path)}
        except OSError:  # it is not there, or is none: whoever writes to it will be told
            return False
        tag = read(self.path / _TAG)
        known = tag is not None and self._marks[_TAG].startswith(tag)
        return not (known or names <= self._marks.keys() or names >= {*kept})

    def mark(self) -> None:
        """Let git and backups pass over the folder, whatever has become of its marks."""
        for name, content in self._marks.items():
            if read(self.path / name) != content:
                self.write(self.path / name, content)

    def write(self, path: Path | str, content: bytes, mode: int = 0o644, *, synced: bool = False) -> None:
        """Write a file of the folder in place of the former one, which stays where this fails.

        Once `synced`, it outlives the system's sudden end too.
        """
        with self._written(self.called), self._temporary(self._new(), content, mode, synced) as temporary:
            self._place(temporary, path)

    def give(self, path: Path, content: bytes) -> None:
        """Write a file outside of the folder in place of the former one; synced."""
        with self._written(path.name):
            try:
                self._replace(path, content, self._new())
            except OSError as error:
                if not on_another_disk(error):
                    raise
                self._replace(path, content, f"{path.parent}/.{path.name}-{os.getpid()}")

    def add(self, path: Path | str, content: bytes) -> bool:
        """Write a file of the folder; False where there is one, even if another process was only just quicker."""
        with self._written(self.called), self._temporary(self._new(), content) as temporary:
            try:
                added = _linked(temporary, path)
            except (FileNotFoundError, NotADirectoryError):
                self._make_way(path)
                added = _linked(temporary, path)
            with suppress(FileNotFoundError):  # without links it was moved
                os.unlink(temporary)
            return added

    def take(self, file: Path, path: Path | str) -> None:
        """Move a file from a scratch folder to its place, for good."""
        with self._written(self.called):
            file.chmod(0o444)
            self._place(file, path)

    def scratch(self) -> Path:
        """A new, empty folder on the same file system; the caller removes it."""
        with self._written(self.called):
            self._prepare()
            path = Path(self._new())
            path.mkdir()
            return path

    def drop(self, path: Path | str, seen: Identity | None) -> None:
        """Remove a file that was found damaged, unless another process has put a new one there since it was seen."""
        with self._written(self.called):
            if seen is not None and identity(path) == seen:
                remove(Path(path))

    def lock(self, waits: Waits, *, shared: bool = False) -> AbstractContextManager[None]:
        """Hold the lock of the folder: alone, or with all others that share it."""
        path = self.path / "lock"
        with suppress(OSError):
            self._prepare()
            self._make_way(path)
        return locked(path, waits, shared=shared)

    def swap(self, name: str) -> Path:
        """The place where the swap of a folder of that name is prepared; nothing sweeps it away."""
        return self.path / "tmp" / f"{_SWAP}{name}"

    def entries(self, pattern: str) -> list[Path]:
        """What is in the folder, by a pattern of names, sorted.

        Raises:
            Unreadable: the folder is not for this user.
        """
        try:
            os.listdir(self.path)  # what a pattern means passes over what it may not read
            return sorted(self.path.glob(pattern))
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise Unreadable(self.called, error) from error

    def leftovers(self) -> Iterator[Path]:
        """What is being written now, or was when a process was killed."""
        with suppress(OSError):
            yield from (path for path in (self.path / "tmp").iterdir() if not path.name.startswith(_SWAP))

    def sweep(self) -> None:
        """Remove what killed processes left behind, once nothing has touched it for a day."""
        for path in self.leftovers():
            with suppress(OSError):  # another build may sweep as well
                if time.time() - path.stat().st_mtime > _ABANDONED_SECONDS:
                    remove(path)

    @contextmanager
    def _written(self, called: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise Unwritable(called, error) from error

    @contextmanager
    def _temporary(self, path: str, content: bytes, mode: int = 0o644, synced: bool = False) -> Iterator[str]:
        """A file with a content that still needs a place; it goes where it gets none."""
        try:
            file = self._opened(path, mode)
            try:
                _fill(file, content, synced)
            finally:
                os.close(file)
            yield path
        except BaseException:
            with suppress(OSError):
                os.unlink(path)
            raise

    def _replace(self, path: Path, content: bytes, temporary: str) -> None:
        with self._temporary(temporary, content, synced=True):
            os.replace(temporary, path)

    def _new(self) -> str:
        return f"{self._temporaries}-{os.getpid()}-{next(self._numbers)}"

    def _opened(self, path: str, mode: int) -> int:
        try:
            return os.open(path, _NEW, mode)
        except (FileNotFoundError, NotADirectoryError):
            self._prepare()
            return os.open(path, _NEW, mode)

    def _place(self, file: Path | str, path: Path | str) -> None:
        try:
            os.replace(file, path)
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            self._make_way(path)
            os.replace(file, path)

    def _prepare(self) -> None:
        """Make the folder and mark it."""
        folder = self.path / "tmp"
        if folder.is_dir():
            return
        self.path.mkdir(parents=True, exist_ok=True)
        for name, content in self._marks.items():
            with suppress(FileExistsError), (self.path / name).open("xb") as file:
                file.write(content)
        self._make_way(folder / "any")

    def _make_way(self, place: Path | str) -> None:
        """Make the folders for a file, and remove what is in the way: files in their place, a folder in its own."""
        path = Path(place)
        for above in path.relative_to(self.path).parents:
            if (self.path / above).is_file():
                (self.path / above).unlink(missing_ok=True)
        if path.is_dir():
            remove(path)
        path.parent.mkdir(parents=True, exist_ok=True)


def read(path: Path | str) -> bytes | None:
    """The content of a file; None where there is none that can be read."""
    try:
        with open(path, "rb", buffering=0) as file:
            return file.readall()
    except OSError:
        return None


def size_of(path: Path | str) -> int | None:
    """The size of a file in bytes; None for none."""
    try:
        return os.stat(path).st_size
    except OSError:
        return None


def identity(path: Path | str) -> Identity | None:
    """Which file is at a path; None for none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_ctime_ns


def remove(path: Path) -> None:
    """Remove a file or a folder with all that is in it; one that is not there is fine."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def on_another_disk(error: OSError) -> bool:
    """Whether a file or folder could not be renamed, only because its new place is on another file system."""
    return error.errno == errno.EXDEV


def discard(path: Path) -> None:
    """Remove a file or folder of a store.

    Raises:
        Unwritable: that cannot be.
    """
    try:
        remove(path)
    except OSError as error:
        raise Unwritable(str(path), error) from error


def _fill(file: int, content: bytes, synced: bool) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(file, rest) :]
    if synced:
        os.fsync(file)


def _linked(file: str, path: Path | str) -> bool:
    """Give a file a second name; False where something has it."""
    try:
        os.link(file, path)
    except FileExistsError:
        return False
    except (FileNotFoundError, NotADirectoryError):
        raise
    except OSError:  # a file system without links
        if os.path.lexists(path):
            return False
        os.replace(file, path)
    return True
