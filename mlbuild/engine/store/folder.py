"""A folder that holds a cache: every file in it is whole or absent, and damage to it is written over."""

from __future__ import annotations

import errno
import itertools
import os
import re
import stat
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

from mlbuild.diagnostics import Unreadable, Unwritable
from mlbuild.engine.store.access import Access
from mlbuild.engine.store.kept import Identity, fill, identity, kind, link, on_another_disk, remove
from mlbuild.engine.store.lock import Waits, locked
from mlbuild.engine.store.marks import HERE, Marks

_ABANDONED_SECONDS = 86_400.0
_SWAP = "swap-"
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL

#: Where things go that were in the way and that mlbuild did not make: it never removes them.
_ASIDE = "aside"
_TEMPORARY = re.compile(r"[0-9a-f]{12}-\d+-\d+")
#: Names of contents and results, of snapshots, and of notes.
_OURS = re.compile(r"[0-9a-f]{64}|[0-9a-f]{16}|.+\.json", re.DOTALL)


class Folder:
    """A folder for generated files, which git and backups pass over.

    `called` is its name in messages. `purpose` is written into its tag, by which the folder is recognized. A `private`
    folder is its owner's alone; in any other, new files and folders get the permissions and the group of the folder.

    A file is written under a temporary name in `tmp/` and then renamed, so that a reader, or a build after one that was
    killed, never sees half of it. Nothing is removed that does not have a name of a kind that mlbuild gives; what is
    in the way is set aside. Whatever cannot be written raises `Unwritable`.
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
        """Whether something can be written into the folder; into one that is still to be made, something can."""
        return os.access(self.path, os.W_OK) or not self.path.is_dir()

    def mark(self) -> None:
        """Let git and backups pass over the folder, whatever has become of its marks."""
        with self._written(self.called):
            self._access.begin()
        for name, content in self.marks.wrong().items():
            self.write(self.path / name, content)

    def seal(self) -> bytes | None:
        """What a document in the folder is sealed with, for those who may write there; None before there is any.

        What is in a private folder is only read in the very place where it was written: not in a clone or a copy.
        """
        return self.marks.place() if self.private else b""

    def sealing(self) -> bytes:
        """The seal; the folder gets one if it has none.

        Raises:
            Unwritable: it cannot.
        """
        with self._written(self.called):
            if self.seal() is None:
                self._prepare()
                with suppress(FileExistsError):  # another process was quicker
                    os.close(self._opened(f"{self.path}/{HERE}", self._access.mode()))
            if (found := self.seal()) is None:
                raise FileNotFoundError(errno.ENOENT, "it has just been removed")
        return found

    def write(self, path: Path | str, content: bytes, *, fixed: bool = False, synced: bool = False) -> None:
        """Write a file of the folder in place of the former one, which stays where this fails.

        A `fixed` one is read-only. A `synced` one survives a crash of the system.
        """
        with (
            self._written(self.called),
            self._temporary(self._new(), content, self._access.mode(fixed=fixed), synced) as temporary,
        ):
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
        with (
            self._written(self.called),
            self._temporary(self._new(), content, self._access.mode()) as temporary,
        ):
            try:
                added = link(temporary, path)
            except (FileNotFoundError, NotADirectoryError):
                self._make_way(path)
                added = link(temporary, path)
            with suppress(FileNotFoundError):  # without links it was moved
                os.unlink(temporary)
            return added

    def take(self, file: Path, path: Path | str) -> None:
        """Move a file from a scratch folder to its place, for good."""
        with self._written(self.called):
            self._access.grant(file, self._access.mode(fixed=True))
            self._place(file, path)

    def scratch(self) -> Path:
        """A new, empty folder on the same file system; the caller removes it."""
        with self._written(self.called):
            self._prepare()
            path = Path(self._new())
            path.mkdir(mode=0o700)
            return path

    def drop(self, path: Path | str, seen: Identity | None) -> None:
        """Remove a file that was found damaged, unless another process has put a new one there since it was seen."""
        with self._written(self.called):
            if seen is not None and identity(path) == seen:
                self._clear(Path(path))

    def discard(self, path: Path) -> None:
        """Remove a file that has a name of ours, or something temporary; anything else is set aside.

        Raises:
            Unwritable: that cannot be done.
        """
        with self._written(self.called):
            if path.parent == self.path / "tmp" and _TEMPORARY.fullmatch(path.name):
                remove(path)
            else:
                self._clear(path, ours=_OURS.fullmatch(path.name) is not None)

    def lock(self, waits: Waits, *, shared: bool = False) -> AbstractContextManager[None]:
        """Hold the lock of the folder: alone, or with all others that share it."""
        path, mode = self.path / "lock", 0o600
        with suppress(OSError):
            self._prepare()
            self._make_way(path)
            mode = self._access.mode()
            os.close(self._opened(str(path), mode))
        return locked(path, waits, shared=shared, mode=mode)

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
            yield from (path for path in (self.path / "tmp").iterdir() if _TEMPORARY.fullmatch(path.name))

    def sweep(self) -> None:
        """Remove what killed processes left behind, once nothing has touched it for a day."""
        for path in self.leftovers():
            with suppress(OSError):  # another build may sweep as well
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
        """A file with a content that still needs a place; it goes where it gets none."""
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
            file = os.open(path, _NEW, mode)
        if not self.private:
            self._access.grant(file, mode)
        return file

    def _place(self, file: Path | str, path: Path | str) -> None:
        try:
            os.replace(file, path)
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            self._make_way(path)
            os.replace(file, path)

    def _prepare(self) -> None:
        """Make the folder and mark it."""
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
        """Make the folders for a file, and set aside what is in the way."""
        path = Path(place)
        for above in [*path.relative_to(self.path).parents][-2::-1]:
            if not self._cleared(self.path / above, stat.S_IFDIR):
                self._access.make(self.path / above)
        self._cleared(path, stat.S_IFREG)

    def _clear(self, path: Path, ours: bool = True) -> None:
        """Remove a file of ours; anything else is set aside."""
        if self._cleared(path, stat.S_IFREG if ours else None):
            path.unlink(missing_ok=True)

    def _cleared(self, path: Path, wanted: int | None) -> bool:
        """Whether what is at a path is of the kind that is wanted, if any is; what is of another kind is set aside."""
        found = kind(path)
        if found not in (None, wanted):
            aside = self.path / _ASIDE
            self._access.make(aside)
            with suppress(FileNotFoundError):  # another process was quicker
                path.rename(aside / self._new().rpartition("/")[2])
        return found is not None and found == wanted
