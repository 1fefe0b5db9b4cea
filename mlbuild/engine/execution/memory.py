"""Memory of processes: what a task took at most, and what becomes of one that takes too much. Linux only.

A limit is watched, not enforced by the system: a library that is refused memory may wait for ever, try for ever, crash
or answer wrongly; a process that is killed does none of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Any

from mlbuild.allowance import allowance, allowance_text, memory_of, refused, room, size_text
from mlbuild.diagnostics import Failure
from mlbuild.engine.execution.job import OUT_OF_MEMORY

#: What a worker needs of the memory that a process may have, to start and for each of its threads. A library that can
#: start only some of its threads may wait for the others for ever.
_START, _THREAD = 64 << 20, 16 << 20


def forget_peak() -> None:
    """Let `peak` begin again from what the process holds now."""
    with suppress(OSError), open("/proc/self/clear_refs", "w") as file:  # noqa: PTH123  # 20 us cheaper
        file.write("5")


def peak() -> int:
    """The largest resident memory of this process since `forget_peak`, in bytes."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def watchable() -> bool:
    """Whether it can be seen how much memory a process has."""
    return memory_of("self") is not None


def resident(process: int) -> int:
    """The resident memory of a process in bytes; 0 where it has ended."""
    found = memory_of(process)
    return found.resident if found else 0


def inherited() -> int:
    """How many resident bytes a fork of this process has at once: all that is not of files."""
    found = memory_of("self")
    return found.resident - found.of_files if found else 0


def too_much(limit: int, had: int) -> Failure:
    """The failure of a task that had more than the limit."""
    return _out_of_memory(f"the limit is {size_text(limit)}, the task had {size_text(had)}", limit, had)


def too_little(limit: int, start: int) -> Failure:
    """The failure of a task that no worker can be made for."""
    told = f"the limit is {size_text(limit)}, a worker has {size_text(start)} before it runs a task"
    return _out_of_memory(told, limit, start)


def too_narrow(threads: int) -> Failure | None:
    """The failure of a task whose worker could not start its threads; None where it can."""
    left, needed = room(), _START + threads * _THREAD
    if left is None or left >= needed:
        return None
    told = f"{size_text(max(left, 0))} are left, a worker needs {size_text(needed)}"
    return _out_of_memory(", ".join([*allowance_text(), told]), allowance(), None)


def exhausted(failure: Failure, peak: int | None, printed: str) -> Failure:
    """The same failure, told as what it is where a task got no more memory."""
    allowed = allowance()
    text = f"{failure.message}\n{printed}"
    if failure.message != OUT_OF_MEMORY and (allowed is None or failure.kind != "task" or not refused(text)):
        return failure
    told = [*allowance_text(), *([f"the task had {size_text(peak)}"] if peak is not None else [])]
    return _out_of_memory(", ".join(told), allowed, peak, failure.details)


def _out_of_memory(
    told: str, limit: int | None, peak: int | None, details: Mapping[str, Any] = MappingProxyType({})
) -> Failure:
    facts = {**details, "memory": {"limit": limit, "peak": peak}}
    return Failure("task", f"{OUT_OF_MEMORY}: {told}" if told else OUT_OF_MEMORY, facts)
