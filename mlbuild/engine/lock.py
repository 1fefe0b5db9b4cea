"""Locks between processes, which the system gives back when a process ends, in whatever way."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

#: Told once before a wait: the process that is waited for, None where that is not known.
Waits = Callable[[int | None], None]

#: The descriptors of the locks that this process holds; a fork of it has them too.
_held_here: set[int] = set()


@contextmanager
def locked(file: Path, waits: Waits, *, shared: bool = False) -> Iterator[None]:
    """Hold a lock: alone, or `shared` with all others that share it.

    Where the file cannot be opened, or the platform or file system has no locks, work goes on without one.
    """
    lock = _held(file, waits, shared)
    if lock is not None:
        _held_here.add(lock)
    try:
        yield
    finally:
        if lock is not None:
            _held_here.remove(lock)
            _release(lock)


def leave_locks() -> None:
    """In a fork of a process: leave its locks to that process alone, so that they end with it."""
    while _held_here:
        os.close(_held_here.pop())


def _held(file: Path, waits: Waits, shared: bool) -> int | None:
    """A descriptor of the file that has the lock; None where there are no locks."""
    told = False

    def once(holder: int | None) -> None:
        nonlocal told
        if not told:
            waits(holder)
        told = True

    while True:
        try:
            lock = os.open(file, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError:
            return None
        try:
            _take(lock, shared, once)
            current = os.path.samestat(os.fstat(lock), file.stat())
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
        os.close(lock)  # the file is gone, as after `rm -r .mlbuild`: another process may hold a new one


def _take(lock: int, shared: bool, waits: Waits) -> None:
    import fcntl

    kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    try:
        fcntl.flock(lock, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        waits(_holder(lock))
        fcntl.flock(lock, kind)
    if not shared:
        with suppress(OSError):
            os.pwrite(lock, b"%d\n" % os.getpid(), 0)


def _holder(lock: int) -> int | None:
    text = os.pread(lock, 20, 0)
    return int(text) if text.strip().isdigit() else None


def _release(lock: int) -> None:
    """Give a lock back at once, even where a process that was forked meanwhile still has the descriptor."""
    import fcntl

    with suppress(OSError):
        os.ftruncate(lock, 0)
        fcntl.flock(lock, fcntl.LOCK_UN)
    os.close(lock)
