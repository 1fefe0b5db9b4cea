"""Memory of processes: what a task took at most, and how much it may take. Linux only; elsewhere nothing is known."""

from __future__ import annotations

import re
from contextlib import suppress

from mlbuild.diagnostics import Failure
from mlbuild.engine.job import OUT_OF_MEMORY

#: What libraries say when they get no more memory, or no more threads, whose stacks count as memory.
_EXHAUSTED = re.compile(
    r"MemoryError|bad_alloc|memory allocation of \d+ bytes failed|out of memory|cannot allocate memory"
    r"|resource temporarily unavailable|can't start new thread|failed to map segment from shared object",
    re.IGNORECASE,
)
#: How libraries die that do not look whether they got memory; believed of a process that held most of its limit.
_CRASHES = ("SIGABRT", "SIGBUS", "SIGSEGV")
_MOST = 0.8

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


def size_text(size: float) -> str:
    """A number of bytes for people: `1.5 GiB`."""
    unit = 0
    while size >= 1024 and unit < len(_UNITS) - 1:
        size, unit = size / 1024, unit + 1
    return f"{size:.1f}".removesuffix(".0") + f" {_UNITS[unit]}"


def restrict(limit: int) -> None:
    """Let this process allocate at most so many bytes; what it shares with others does not count."""
    import resource

    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


def forget_peak() -> None:
    """Let `peak` begin again from what the process holds now."""
    with suppress(OSError), open("/proc/self/clear_refs", "w") as file:  # noqa: PTH123  # 20 us cheaper
        file.write("5")


def peak() -> int:
    """The largest resident memory of this process since `forget_peak`, in bytes."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def exhausted(failure: Failure, limit: int | None, peak: int | None, printed: str) -> Failure:
    """The same failure, told as what it is where a task got no more memory."""
    if failure.message != OUT_OF_MEMORY and not _at_limit(failure, limit, peak or 0, printed):
        return failure
    facts = {"limit": limit, "peak": peak}
    told = ", ".join(f"{name} {size_text(size)}" for name, size in facts.items() if size is not None)
    message = OUT_OF_MEMORY + (f" ({told})" if told else "")
    return Failure("task", message, {**failure.details, "memory": facts})


def _at_limit(failure: Failure, limit: int | None, peak: int, printed: str) -> bool:
    if limit is None or failure.kind != "task":
        return False
    crashed = failure.details.get("signal") in _CRASHES and peak > _MOST * limit
    return crashed or bool(_EXHAUSTED.search(f"{failure.message}\n{printed}"))
