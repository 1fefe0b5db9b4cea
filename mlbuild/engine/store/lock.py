"""Locks between processes, which the operating system releases when a process ends, for whatever reason."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mlbuild.engine.store.kept import opened

#: Called once before waiting, with the process that holds the lock (None: unknown).
Waits = Callable[[int | None], None]

#: The length of the text with which a holder names itself in the file: a process id padded with spaces, or only
#: spaces.
_NAMED = 20

#: The descriptors of the locks that this process holds. A fork has them, too.
_held_here: set[int] = set()


@contextmanager
def locked(file: Path, waits: Waits, *, shared: bool = False, mode: int = 0o600) -> Iterator[None]:
    """Hold a lock: exclusively, or `shared` with others. `mode` are the permissions of a new lock file.

    If the file cannot be opened or is not a regular file, or if the platform or file system has no locks, continue
    without one.
    """
    lock = _held(file, waits, shared, mode)
    if lock is not None:
        _held_here.add(lock)
    try:
        yield
    finally:
        if lock is not None:
            _held_here.remove(lock)
            _release(lock, shared)


def leave_locks() -> None:
    """In a fork of a process, give up its locks, so that they end with the parent process."""
    while _held_here:
        os.close(_held_here.pop())


def _held(file: Path, waits: Waits, shared: bool, mode: int) -> int | None:
    """Return a descriptor of the file with the lock; None if there are no locks."""
    told = False

    def once(holder: int | None) -> None:
        nonlocal told
        if not told:
            waits(holder)
        told = True

    while True:
        try:
            lock = _opened(file, mode)
        except OSError:
            return None
        try:
            _take(lock, shared, once)
            current = os.path.samestat(os.fstat(lock), file.lstat())
        except FileNotFoundError:
            current = False
        except (ImportError, OSError):
            os.close(lock)
            return None
        except BaseException:
            os.close(lock)
            raise
        if current:
            return lock
        os.close(lock)  # the file was removed, as by `rm -r .mlbuild`: another process may hold a new one


def _opened(file: Path, mode: int) -> int:
    try:
        return opened(file, os.O_RDWR | os.O_CREAT, mode)
    except OSError:  # for example of another user, whom the lock keeps out anyway
        return opened(file)


def _take(lock: int, shared: bool, waits: Waits) -> None:
    import fcntl

    kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    try:
        fcntl.flock(lock, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        waits(_holder(lock))
        fcntl.flock(lock, kind)
    if not shared:
        _name(lock, str(os.getpid()))


def _name(lock: int, holder: str) -> None:
    """Write who holds the lock. A file that may contain something else is not written to."""
    with suppress(OSError):
        found = os.fstat(lock)
        if found.st_size in (0, _NAMED) and found.st_nlink == 1:
            os.pwrite(lock, holder.ljust(_NAMED).encode(), 0)


def _holder(lock: int) -> int | None:
    text = os.pread(lock, _NAMED, 0).strip()
    return int(text) if text.isdigit() else None


def _release(lock: int, shared: bool) -> None:
    """Release a lock immediately, even if a forked process still has the descriptor."""
    import fcntl

    if not shared:
        _name(lock, "")
    with suppress(OSError):
        fcntl.flock(lock, fcntl.LOCK_UN)
    os.close(lock)
