"""Checks what a command needs: its working folder, its files, memory, and room for open files.

If one of these is missing, the user is told so. It is not an internal error.
"""

from __future__ import annotations

import errno
import os
import re

from mlbuild.cli.exits import TASK, UNREACHABLE, USAGE, Stopped
from mlbuild.process.allowance import allowance_text, no_threads, refused

#: How many files a command opens at once, and how many more a build opens for each of its jobs.
_OPEN, _OPEN_BY_JOB = 64, 8
#: With a value that is not a number of threads, polars does not start.
_POLARS = "POLARS_MAX_THREADS"
_RAISE_LIMIT = "raise the limit: ulimit -n"


def see_surroundings() -> None:
    """Check that the working folder exists and that enough files can be opened.

    Raises:
        Stopped: One of these is not true.
    """
    if not _folder_exists():
        raise _gone()
    if not re.fullmatch("[1-9][0-9]{0,4}", os.environ.get(_POLARS, "1")):
        del os.environ[_POLARS]
    see_room_for_files()


def see_room_for_files(jobs: int = 0) -> None:
    """Check that a build with this number of worker processes can open its files.

    Raise the soft limit if it is too low.

    Raises:
        Stopped: The hard limit is too low.
    """
    try:
        import resource
    except ImportError:  # a platform without such limits
        return
    needed = _OPEN + _OPEN_BY_JOB * jobs
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return
    if hard != resource.RLIM_INFINITY and hard < needed:
        what = f"{jobs} jobs need" if jobs else "mlbuild needs"
        help_ = f"{_RAISE_LIMIT}, or use fewer jobs: -j" if jobs else _RAISE_LIMIT
        raise Stopped(f"{what} to open {needed} files at once, but the limit is {hard}", help_, TASK)
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


def missing(error: BaseException) -> Stopped | None:
    """Return what to tell the user about an error with an external cause; None if the cause is our own code."""
    text = f"{type(error).__name__}: {error}"
    if told := no_threads(text):
        return Stopped(told, code=TASK)
    if refused(text):
        return Stopped(": ".join(["out of memory", *allowance_text()]), code=TASK)
    if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
        return Stopped("too many files are open at once", _RAISE_LIMIT, TASK)
    if isinstance(error, OSError) and not _folder_exists():
        return _gone()
    if isinstance(error, FileNotFoundError) and error.filename is not None:
        # Commands check first whether a file exists. This one disappeared after that.
        message = f"'{os.fsdecode(error.filename)}' no longer exists"
        return Stopped(message, "run the command again while nothing else removes files", UNREACHABLE)
    return None


def _gone() -> Stopped:
    return Stopped("the current folder no longer exists", "change to another folder", USAGE)


def _folder_exists() -> bool:
    try:
        os.getcwd()  # noqa: PTH109  # without importing pathlib
    except OSError:
        return False
    return True
