"""Reads, writes and removes the files of a store without following links.

A folder that came with a clone can contain links to anywhere, pipes that block when they are opened, and endless
devices. Anything in the place of a file that is not a regular file counts as absent.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import stat
from pathlib import Path

from mlbuild.regular import NOTE_LIMIT

_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)  # Windows has neither
_NO_WAIT = getattr(os, "O_NONBLOCK", 0)

#: Identifies a file, as opposed to another one that gets its name later.
Identity = tuple[int, int]


def opened(path: Path | str, flags: int = os.O_RDONLY, mode: int = 0o600) -> int:
    """Open a regular file and return its descriptor. `mode` are the permissions of a new file.

    Raises:
        OSError: It does not exist, or is not a regular file.
    """
    file = os.open(path, flags | _NO_WAIT | _NO_FOLLOW, mode)
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    return file


def read(path: Path | str, limit: int | None = NOTE_LIMIT) -> bytes | None:
    """Return the content of a file; None if it cannot be read, or has more than `limit` bytes."""
    try:
        with open(opened(path), "rb", buffering=0) as file:
            return None if limit is not None and os.fstat(file.fileno()).st_size > limit else file.readall()
    except OSError:
        return None


def digest_of(path: Path | str) -> str:
    """Return the SHA-256 of the content of a file, in hexadecimal.

    Raises:
        OSError: It cannot be read.
    """
    with open(opened(path), "rb", buffering=0) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fill(file: int, content: bytes, *, synced: bool = False) -> None:
    """Write a content into an open, empty file."""
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(file, rest) :]
    if synced:
        os.fsync(file)


def link(file: str, path: Path | str) -> bool:
    """Create a hard link or, if the file system has none, move the file. Return False if the new name exists."""
    try:
        os.link(file, path)
    except FileExistsError:
        return False
    except (FileNotFoundError, NotADirectoryError):
        raise
    except OSError:
        if os.path.lexists(path):
            return False
        os.replace(file, path)
    return True


def kind(path: Path | str) -> int | None:
    """Return the type of what is at a path: `S_IFREG`, `S_IFDIR`, `S_IFLNK` and so on; None for nothing."""
    found = _facts(path)
    return stat.S_IFMT(found.st_mode) if found else None


def size_of(path: Path | str) -> int | None:
    """Return the size of a file in bytes; None if there is none."""
    found = _facts(path)
    return found.st_size if found and stat.S_ISREG(found.st_mode) else None


def identity(path: Path | str) -> Identity | None:
    """Return the identity of the file, folder or link at a path; None if there is none."""
    found = _facts(path)
    return (found.st_ino, found.st_ctime_ns) if found else None


def remove(path: Path) -> None:
    """Remove a file, a link, or a folder with its contents, if it exists."""
    if kind(path) == stat.S_IFDIR:
        try:
            shutil.rmtree(path)
        except RecursionError:
            raise OSError(errno.ELOOP, "folders are nested too deeply", str(path)) from None
    else:
        path.unlink(missing_ok=True)


def on_another_disk(error: OSError) -> bool:
    """Whether renaming failed only because the new place is on another file system."""
    return error.errno == errno.EXDEV


def _facts(path: Path | str) -> os.stat_result | None:
    try:
        return os.lstat(path)
    except OSError:
        return None
