"""A folder for a cache: every file in it is complete or absent, and damaged files are overwritten."""

from __future__ import annotations

import errno
import itertools
import os
import re
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from mlbuild.diagnostics import Unreadable, Unwritable
from mlbuild.engine.store.access import Access
from mlbuild.engine.store.kept import Identity, fill, identity, kind, link, on_another_disk, remove
from mlbuild.engine.store.lock import Waits, locked
from mlbuild.engine.store.marks import HERE, Marks

T = TypeVar("T")

_ABANDONED_SECONDS = 86_400.0
_ATTEMPTS = 10
_SWAP = "swap-"
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL

#: The place for things that were in the way and that mlbuild did not make. It never removes them.
_ASIDE = "aside"
_TEMPORARY = re.compile(r"[0-9a-f]{12}-\d+-\d+")
#: Names of contents and results, of snapshots, and of notes.
_OURS = re.compile(r"[0-9a-f]{64}|[0-9a-f]{16}|.+\.json", re.DOTALL)


class Folder:
    """A folder for generated files, which git and backups ignore.

    `called` is its name in messages. `purpose` is written into its tag, by which the folder is recognized. A
    `private` folder can be used only by its owner. In any other folder, new files and folders get the permissions
    and the group of the folder.

    A file is written under a temporary name in `tmp/` and then renamed, so that no reader, and no build after a
    killed one, sees half of it. Only files with names that mlbuild uses are removed; anything else that is in the
    way is moved aside. Whatever cannot be written raises `Unwritable`.
    """

    def __init__(
        self, path: Path, called: str, purpose: str = "a store of mlbuild", *, private: bool = True
    ) -> None:
        self.path, self.called, self.private = path, called, private
        self._access = Access(path, private)
        self.marks = Marks(path, purpose)
        self._temporaries = f"{path}/tmp/{os.urandom(6).hex()}"
        self._numbers = itertools.count()

    def writable(self) -> bool:
        """Whether something can be written into the folder. True if it does not exist but can be created."""
        return os.access(self.path, os.W_OK) or not os.path.isdir(self.path)

    def mark(self) -> None:
        """Make git and backups ignore the folder. Restore its marks if they were changed."""
        with self._written(self.called):
            self._access.begin()
        for name, content in self.marks.wrong().items():
            self.write(self.path / name, content)

    def seal(self) -> bytes | None:
        """Return the seal of documents in the folder, which only those know who can write there; None before there
        is any.

        Documents in a private folder are read only in the place where they were written: not in a clone or a copy.
        """
        return self.marks.place() if self.private else b""

    def sealing(self) -> bytes:
        """Return the seal; create one if the folder has none.

        Raises:
            Unwritable: This is not possible.
        """
        with self._written(self.called):
            if self.seal() is None:
                self._prepare()
                with suppress(FileExistsError):  # another process was faster
                    os.close(self._opened(f"{self.path}/{HERE}", self._access.mode()))
            if (found := self.seal()) is None:
                raise FileNotFoundError(errno.ENOENT, "it was just removed")
        return found

    def write(self, path: Path | str, content: bytes, *, fixed: bool = False, synced: bool = False) -> None:
        """Write a file of the folder, replacing the previous one, which stays if this fails.

        A `fixed` file is read-only. A `synced` file survives a crash of the system.
        """
        with (
            self._written(self.called),
            self._temporary(self._new(), content, self._access.mode(fixed=fixed), synced) as temporary,
        ):
            self._place(temporary, path)

    def give(self, path: Path, content: bytes) -> None:
        """Write a file outside the folder, replacing the previous one. It is synced."""
        with self._written(path.name):
            try:
                self._replace(path, content, self._new())
            except OSError as error:
                if not on_another_disk(error):
                    raise
                self._replace(path, content, f"{path.parent}/.{path.name}-{os.getpid()}")

    def add(self, path: Path | str, content: bytes) -> bool:
        """Write a new file of the folder.

        Return False if it already exists, even if another process has just created it.
        """
        with (
            self._written(self.called),
            self._temporary(self._new(), content, self._access.mode()) as temporary,
        ):
            added = self._placed(path, lambda: link(temporary, path))
            with suppress(FileNotFoundError):  # it was moved, if there are no hard links
                os.unlink(temporary)
            return added

    def take(self, file: Path, path: Path | str) -> None:
        """Move a file from a scratch folder to its final place."""
        with self._written(self.called):
            self._access.grant(file, self._access.mode(fixed=True))
            self._place(file, path)

    def scratch(self) -> Path:
        """Create a new, empty folder on the same file system. The caller removes it."""
        with self._written(self.called):
            self._prepare()
            path = Path(self._new())
            path.mkdir(mode=0o700)
            return path

    def drop(self, path: Path | str, seen: Identity | None) -> None:
        """Remove a file that was found damaged, unless another process has replaced it since it was seen."""
        with self._written(self.called):
            if seen is not None and identity(path) == seen:
                self._clear(Path(path))

    def discard(self, path: Path) -> None:
        """Remove a file with a name that mlbuild uses, or a temporary one. Anything else is moved aside.

        Raises:
            Unwritable: This is not possible.
        """
        with self._written(self.called):
            if path.parent == self.path / "tmp" and _TEMPORARY.fullmatch(path.name):
                remove(path)
            else:
                self._clear(path, ours=_OURS.fullmatch(path.name) is not None)

    def lock(self, waits: Waits, *, shared: bool = False) -> AbstractContextManager[None]:
        """Hold the lock of the folder: exclusively, or shared with others."""
        path, mode = self.path / "lock", 0o600
        with suppress(OSError):
            self._prepare()
            self._make_way(path)
            mode = self._access.mode()
            os.close(self._opened(str(path), mode))
        return locked(path, waits, shared=shared, mode=mode)

    def swap(self, name: str) -> Path:
        """Return the place where the swap of a folder with that name is prepared. It is never swept."""
        return self.path / "tmp" / f"{_SWAP}{name}"

    def entries(self, pattern: str) -> list[Path]:
        """Return what is in the folder, by a pattern of names, sorted.

        Raises:
            Unreadable: This user cannot read the folder.
        """
        try:
            os.listdir(self.path)  # matching a pattern ignores what it cannot read
            return sorted(self.path.glob(pattern))
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise Unreadable(self.called, error) from error

    def leftovers(self) -> Iterator[Path]:
        """Yield what is being written now, or was when a process was killed."""
        with suppress(OSError):
            yield from (path for path in (self.path / "tmp").iterdir() if _TEMPORARY.fullmatch(path.name))

    def sweep(self) -> None:
        """Remove what killed processes left behind, if nothing has touched it for a day."""
        for path in self.leftovers():
            with suppress(OSError):  # another build may sweep, too
                if time.time() - path.lstat().st_mtime > _ABANDONED_SECONDS:
                    remove(path)

    @contextmanager
    def _written(self, called: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise Unwritable(called, error) from error

    @contextmanager
    def _temporary(self, path: str, content: bytes, mode: int, synced: bool = False) -> Iterator[str]:
        """Create a temporary file with a content that still needs its place. It is removed if it gets none."""
        try:
            file = self._opened(path, mode)
            try:
                fill(file, content, synced=synced)
            finally:
                os.close(file)
            yield path
        except BaseException:
            with suppress(OSError):
                os.unlink(path)
            raise

    def _replace(self, path: Path, content: bytes, temporary: str) -> None:
        with self._temporary(temporary, content, 0o666, synced=True):
            os.replace(temporary, path)

    def _new(self) -> str:
        return f"{self._temporaries}-{os.getpid()}-{next(self._numbers)}"

    def _opened(self, path: str, mode: int) -> int:
        try:
            file = os.open(path, _NEW, mode)
        except (FileNotFoundError, NotADirectoryError):
            self._prepare()
            file = self._placed(path, lambda: os.open(path, _NEW, mode))
        if not self.private:
            self._access.grant(file, mode)
        return file

    def _place(self, file: Path | str, path: Path | str) -> None:
        self._placed(path, lambda: os.replace(file, path))

    def _placed(self, path: Path | str, place: Callable[[], T]) -> T:
        """Return the result of `place`, which gives a file its path, after making way for it if necessary.

        Another user who creates the same folder can replace it as long as it is empty, so once may not be enough.
        """
        for _ in range(_ATTEMPTS):
            with suppress(FileNotFoundError, IsADirectoryError, NotADirectoryError):
                return place()
            self._make_way(path)
        return place()

    def _prepare(self) -> None:
        """Create the folder and its marks."""
        folder = self.path / "tmp"
        if kind(folder) == stat.S_IFDIR:
            return
        self._access.begin()
        for name, content in self.marks.contents.items():
            with suppress(FileExistsError):
                file = self._opened(f"{self.path}/{name}", self._access.mode())
                try:
                    fill(file, content)
                finally:
                    os.close(file)
        self._make_way(folder / "any")

    def _make_way(self, place: Path | str) -> None:
        """Create the folders for a file, and move aside what is in the way."""
        path = Path(place)
        for above in [*path.relative_to(self.path).parents][-2::-1]:
            if not self._cleared(self.path / above, stat.S_IFDIR):
                self._access.make(self.path / above)
        self._cleared(path, stat.S_IFREG)

    def _clear(self, path: Path, ours: bool = True) -> None:
        """Remove one of our files; anything else is moved aside."""
        if self._cleared(path, stat.S_IFREG if ours else None):
            path.unlink(missing_ok=True)

    def _cleared(self, path: Path, wanted: int | None) -> bool:
        """Whether a path has the wanted type, if any is wanted. Something of another type is moved aside."""
        found = kind(path)
        if found not in (None, wanted):
            aside = self.path / _ASIDE
            self._access.make(aside)
            with suppress(FileNotFoundError):  # another process was faster
                path.rename(aside / self._new().rpartition("/")[2])
        return found is not None and found == wanted
