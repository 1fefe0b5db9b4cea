"""The limits of this process, for example from `ulimit -v`, and what libraries print if they exceed them."""

from __future__ import annotations

import os
import re
from typing import Literal, NamedTuple

#: What libraries print if they get no more memory, or no more threads, whose stacks count as memory.
_REFUSED = re.compile(
    r"MemoryError|bad_alloc|memory allocation (of \d+ bytes|still) failed|out of memory|cannot allocate memory"
    r"|resource temporarily unavailable|can't start new thread|failed to map segment from shared object"
    r"|SystemError: .*without (exception set|setting an exception)",  # C code that ignores a MemoryError
    re.IGNORECASE,
)

#: What libraries print if they get no thread.
_NO_THREAD = re.compile(
    r"resource temporarily unavailable|can't start new thread|LazyLock instance has previously been poisoned",
    re.IGNORECASE,
)

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


def size_text(size: float) -> str:
    """Format a number of bytes: `1.5 GiB`."""
    unit = 0
    while size >= 1024 and unit < len(_UNITS) - 1:
        size, unit = size / 1024, unit + 1
    return f"{size:.1f}".removesuffix(".0") + f" {_UNITS[unit]}"


def refused(text: str) -> bool:
    """Whether a library reports that it got no more memory."""
    return bool(_REFUSED.search(text))


def no_threads(text: str) -> str | None:
    """Return why a library could not start a thread; None if it lacked memory, or does not report such a failure."""
    if not _NO_THREAD.search(text) or allowance() is not None:
        return None
    try:
        import resource
    except ImportError:  # not on this platform
        return None
    limit = resource.getrlimit(resource.RLIMIT_NPROC)[0]
    told = "" if limit == resource.RLIM_INFINITY else f": the limit is {limit} per user (ulimit -u)"
    return f"no more processes or threads can be started{told}"


def allowance() -> int | None:
    """Return how many bytes this process, and each of its children, can allocate.

    None if only the machine limits them.
    """
    return min(_limits().values(), default=None)


def allowance_text() -> list[str]:
    """Return one line of text about the memory limit, or none if there is no limit."""
    allowed = allowance()
    return [] if allowed is None else [f"the limit is {size_text(allowed)} per process (ulimit)"]


def room() -> int | None:
    """Return how many bytes this process can still allocate; None if it is not known."""
    taken = memory_of("self")
    if taken is None:
        return None
    used = {"RLIMIT_AS": taken.whole, "RLIMIT_DATA": taken.data}
    return min((limit - used[name] for name, limit in _limits().items()), default=None)


class Memory(NamedTuple):
    """The memory of a process in bytes: address space, resident memory, file-backed resident memory, private data."""

    whole: int
    resident: int
    of_files: int
    data: int


def memory_of(process: int | Literal["self"]) -> Memory | None:
    """Return the memory of a process. None if it has ended, or if the platform does not report it."""
    try:
        with open(f"/proc/{process}/statm") as file:  # noqa: PTH123  # 20 us faster
            whole, resident, of_files, _, _, data, _ = file.read().split()
    except OSError:
        return None
    page = os.sysconf("SC_PAGE_SIZE")
    return Memory(int(whole) * page, int(resident) * page, int(of_files) * page, int(data) * page)


def _limits() -> dict[str, int]:
    """Return the limits that are set, by name."""
    try:
        import resource
    except ImportError:  # not on this platform
        return {}
    found = {name: resource.getrlimit(getattr(resource, name))[0] for name in ("RLIMIT_AS", "RLIMIT_DATA")}
    return {name: limit for name, limit in found.items() if limit != resource.RLIM_INFINITY}
