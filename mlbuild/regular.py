"""Opens, replaces and finds files of a project, so that none of them can block the process or lead elsewhere.

Anyone can put a link to a device, a named pipe or an endless kernel file in the place of a spec, a source or a lock
file. Only regular files of a reasonable size are read. Anything else raises an `OSError` immediately.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import contextmanager

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import FileIO
    from pathlib import Path
    from typing import IO, NoReturn

#: The maximum size of a spec, included file or lock file, and of a note or action of a store, in bytes.
SPEC_LIMIT = 50_000_000
NOTE_LIMIT = 100_000_000

#: File systems where the kernel generates contents, so sizes are meaningless. Shared memory is an ordinary file
#: system.
_KERNEL = ("/proc/", "/sys/", "/dev/")
_SHARED_MEMORY = "/dev/shm/"

_Path = str | os.PathLike[str]


class Irregular(OSError):
    """Something other than a regular file of a reasonable size."""


def irregular(path: _Path, mode: int) -> str | None:
    """Return why a path with this mode cannot be read as a file; None if it can."""
    if stat.S_ISDIR(mode):
        return "a folder, not a file"
    real = os.path.realpath(path)
    if not stat.S_ISREG(mode) or (real.startswith(_KERNEL) and not real.startswith(_SHARED_MEMORY)):
        return "not a regular file"
    return None


def is_regular(path: _Path) -> bool:
    """Whether there is a regular file at a path.

    The path can be any text, even one that is too long or not a path.
    """
    try:
        return irregular(path, os.stat(path).st_mode) is None  # as below
    except (OSError, ValueError):
        return False


def open_regular(path: _Path, limit: int | None = None) -> FileIO:
    """Open a regular file of at most `limit` bytes (None: any size) for reading, without buffering.

    Raises:
        Irregular: The path leads to something else.
        OSError: It cannot be opened.
    """
    # Check before opening, because opening a device or a kernel file can already have an effect; and check again
    # afterwards, because the path can lead elsewhere by then.
    if why := irregular(path, os.stat(path).st_mode):
        _refuse(path, why)
    file = open(path, "rb", buffering=0, opener=_without_waiting)  # noqa: SIM115  # the caller closes it
    try:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            _refuse(path, "not a regular file")
        if limit is not None and found.st_size > limit:
            _refuse(path, f"larger than {limit // 1_000_000} MB")
        if not found.st_size and file.read(1):  # generated while it is read, perhaps endless
            _refuse(path, "not a regular file")
    except BaseException:
        file.close()
        raise
    return file


def read_regular(path: _Path, limit: int) -> bytes:
    """Return the content of a regular file of at most `limit` bytes.

    Raises:
        Irregular: The path leads to something else.
        OSError: It cannot be read.
    """
    with open_regular(path, limit) as file:
        size = os.fstat(file.fileno()).st_size
        content = file.read(size + 1)  # one byte more than allowed, so that reading ends
        if len(content) > size:
            _refuse(path, "changed while it was being read")
        return content


def replace_regular(path: _Path, content: bytes) -> None:
    """Atomically write a file in place of an existing one, or of a link, whose target stays unchanged.

    Raises:
        OSError: It cannot be written.
    """
    with _replacing(path) as file:
        file.write(content)


@contextmanager
def writing_regular(path: _Path) -> Iterator[IO[bytes]]:
    """Open a file for atomic writing, in place of an existing one.

    The path in a project can be a link to a file elsewhere, or a pipe that nobody reads.

    Raises:
        Irregular: The path leads to something other than a regular file.
        OSError: It cannot be written.
    """
    if os.path.lexists(path):
        if stat.S_ISLNK(mode := os.lstat(path).st_mode):
            _refuse(path, "it is a link")
        if why := irregular(path, mode):
            _refuse(path, f"it is {why}")
    with _replacing(path) as file:
        yield file


@contextmanager
def _replacing(path: _Path) -> Iterator[IO[bytes]]:
    folder, name = os.path.split(path)
    temporary = os.path.join(folder, f".{name}-{os.getpid()}")
    try:
        with open(temporary, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if os.path.lexists(path) and stat.S_ISREG(mode := os.lstat(path).st_mode):
            os.chmod(temporary, stat.S_IMODE(mode))
        os.replace(temporary, path)
    except OSError as error:
        raise type(error)(error.errno, error.strerror or str(error), os.fspath(path)) from error
    finally:
        if os.path.lexists(temporary):
            os.unlink(temporary)


def real(path: _Path) -> Path:
    """Follow all links of a path. Unlike `Path.resolve`, this never fails, whatever links a project contains."""
    from pathlib import Path  # not needed at startup

    return Path(os.path.realpath(path))


def walk(folder: _Path) -> Iterator[tuple[str, list[str], list[str]]]:
    """Yield each folder inside `folder`, and itself, with the names of its folders (including links to folders) and
    of its files.

    This is `os.walk` for any depth. Remove names from the list of folders to skip these. Links are never followed,
    and an unreadable folder counts as empty.
    """
    waiting = [os.fspath(folder)]
    while waiting:
        above = waiting.pop()
        folders: list[str] = []
        files: list[str] = []
        links: set[str] = set()
        try:
            with os.scandir(above) as entries:
                for entry in entries:
                    (folders if entry.is_dir() else files).append(entry.name)
                    if entry.is_symlink():
                        links.add(entry.name)
        except OSError:
            pass
        yield above, folders, files
        waiting += (os.path.join(above, name) for name in reversed(folders) if name not in links)


def _without_waiting(path: str, flags: int) -> int:
    """Open a file without waiting for a writer at the other end of a named pipe."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0))


def _refuse(path: _Path, why: str) -> NoReturn:
    raise Irregular(errno.EINVAL, why, os.fspath(path))
