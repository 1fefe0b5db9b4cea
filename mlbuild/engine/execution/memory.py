"""Memory of processes: the peak of a task, and what happens to one that exceeds the limit. Linux only.

A limit is watched, not enforced by the system. A library that cannot allocate memory may wait or retry forever,
crash, or give wrong results. A process that is killed does none of this.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Any

from mlbuild.diagnostics import Failure
from mlbuild.engine.execution.job import OUT_OF_MEMORY
from mlbuild.process.allowance import (
    allowance,
    allowance_text,
    memory_of,
    no_threads,
    refused,
    room,
    size_text,
)

#: What a worker needs of the memory limit of the process, to start and for each of its threads. A library that can
#: start only some of its threads may wait for the others forever.
_START, _THREAD = 64 << 20, 16 << 20


def forget_peak() -> None:
    """Reset `peak` to the current memory of the process."""
    with suppress(OSError), open("/proc/self/clear_refs", "w") as file:  # noqa: PTH123  # 20 us faster
        file.write("5")


def peak() -> int:
    """Return the peak resident memory of this process since `forget_peak`, in bytes."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def watchable() -> bool:
    """Whether the memory of a process can be measured."""
    return memory_of("self") is not None


def resident(process: int) -> int:
    """Return the resident memory of a process in bytes; 0 if it has ended."""
    found = memory_of(process)
    return found.resident if found else 0


def inherited() -> int:
    """Return the resident memory that a fork of this process has immediately: everything that is not file-backed."""
    found = memory_of("self")
    return found.resident - found.of_files if found else 0


def too_much(limit: int, had: int) -> Failure:
    """Return the failure of a task that exceeded the limit."""
    return _out_of_memory(f"the limit is {size_text(limit)}, but the task used {size_text(had)}", limit, had)


def too_little(limit: int, start: int) -> Failure:
    """Return the failure of a task for which no worker can be started."""
    told = f"the limit is {size_text(limit)}, but a worker uses {size_text(start)} before it runs a task"
    return _out_of_memory(told, limit, start)


def too_narrow(threads: int) -> Failure | None:
    """Return the failure of a task whose worker could not start its threads; None if it can."""
    left, needed = room(), _START + threads * _THREAD
    if left is None or left >= needed:
        return None
    told = f"{size_text(max(left, 0))} is left, but a worker needs {size_text(needed)}"
    return _out_of_memory(", ".join([*allowance_text(), told]), allowance(), None)


def exhausted(failure: Failure, peak: int | None, printed: str) -> Failure:
    """Return the failure, reworded if the task ran out of memory or of threads."""
    allowed = allowance()
    text = f"{failure.message}\n{printed}"
    if failure.kind == "task" and (told := no_threads(text)):
        return Failure("task", told, failure.details)
    if failure.message != OUT_OF_MEMORY and (allowed is None or failure.kind != "task" or not refused(text)):
        return failure
    used = [*allowance_text(), *([f"the task used {size_text(peak)}"] if peak is not None else [])]
    return _out_of_memory(", ".join(used), allowed, peak, failure.details)


def _out_of_memory(
    told: str, limit: int | None, peak: int | None, details: Mapping[str, Any] = MappingProxyType({})
) -> Failure:
    facts = {**details, "memory": {"limit": limit, "peak": peak}}
    return Failure("task", f"{OUT_OF_MEMORY}: {told}" if told else OUT_OF_MEMORY, facts)
