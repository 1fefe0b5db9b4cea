"""Failures of tasks that ran out of memory are reported as such, whatever a library makes of them."""

from __future__ import annotations

import mmap
import os
import re
import resource
from collections.abc import Iterator
from typing import Any

import pytest

from mlbuild.diagnostics import Failure
from mlbuild.engine.execution.memory import exhausted, too_narrow
from mlbuild.process.allowance import allowance, memory_of, refused, room, size_text

MIB, GIB = 1 << 20, 1 << 30
#: More than there is, so that it limits nothing.
ALLOWED = 1 << 50


@pytest.fixture(params=["RLIMIT_AS", "RLIMIT_DATA"])
def limited(request: pytest.FixtureRequest) -> Iterator[None]:
    """Like a process that was started with a limit."""
    which = getattr(resource, request.param)
    former = resource.getrlimit(which)
    resource.setrlimit(which, (ALLOWED, former[1]))
    yield
    resource.setrlimit(which, former)


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1 KiB"), (1536 << 20, "1.5 GiB"), (1 << 60, "1048576 TiB")],
)
def test_a_size_is_told_in_the_unit_that_suits_it(size: int, text: str) -> None:
    assert size_text(size) == text


SAID = [
    ("LightGBMError: std::bad_alloc", ""),
    ("OSError: [Errno 12] Cannot allocate memory", ""),
    ("RuntimeError: can't start new thread", ""),
    ("its worker was killed", "memory allocation of 8 bytes failed"),
    ("its worker ended", "OpenBLAS error: Memory allocation still failed after 10 retries, giving up."),
    ("ImportError: a.so: failed to map segment from shared object", ""),
    ("SystemError: error return without exception set", ""),
    ("SystemError: <built-in function load> returned NULL without setting an exception", ""),
]


@pytest.mark.parametrize(("message", "printed"), SAID)
def test_a_process_that_may_have_no_more_memory_is_told_so(message: str, printed: str, limited: None) -> None:
    told = exhausted(Failure("task", message, {"signal": "SIGABRT"}), 5 * MIB, printed)
    assert told.message == "out of memory: the limit is 1024 TiB per process (ulimit), the task used 5 MiB"
    assert told.details == {"signal": "SIGABRT", "memory": {"limit": ALLOWED, "peak": 5 * MIB}}


@pytest.mark.parametrize(("message", "printed"), [one for one in SAID if "thread" not in one[0]])
def test_what_libraries_say_is_only_believed_of_such_a_process(message: str, printed: str) -> None:
    failure = Failure("task", message)
    assert exhausted(failure, 5 * MIB, printed) == failure


@pytest.mark.parametrize(
    ("message", "printed"),
    [
        ("RuntimeError: can't start new thread", ""),
        ("BlockingIOError: [Errno 11] Resource temporarily unavailable", ""),
        ("PanicException: LazyLock instance has previously been poisoned", ""),
        (
            "its worker was killed",
            'failed to spawn: Os { code: 11, message: "Resource temporarily unavailable" }',
        ),
    ],
)
def test_a_process_that_gets_no_thread_is_told_the_limit(message: str, printed: str) -> None:
    resource = pytest.importorskip("resource")
    former = resource.getrlimit(resource.RLIMIT_NPROC)
    resource.setrlimit(resource.RLIMIT_NPROC, (4096, former[1]))
    try:
        told = exhausted(Failure("task", message, {"signal": "SIGABRT"}), 5 * MIB, printed)
    finally:
        resource.setrlimit(resource.RLIMIT_NPROC, former)
    message = "no more processes or threads can be started: the limit is 4096 per user (ulimit -u)"
    assert told == Failure("task", message, {"signal": "SIGABRT"})


@pytest.mark.parametrize(
    "failure",
    [
        Failure("task", "ValueError: wrong"),
        Failure("task", "its worker was killed", {"signal": "SIGSEGV"}),
        Failure("data", "a column is called 'MemoryError'"),
    ],
)
def test_other_failures_stay_what_they_are(failure: Failure, limited: None) -> None:
    assert exhausted(failure, GIB, "") == failure


def test_python_s_own_error_needs_no_limit() -> None:
    assert exhausted(Failure("task", "out of memory"), 5 * MIB, "").message == (
        "out of memory: the task used 5 MiB"
    )


def test_the_room_is_what_the_allowance_leaves(limited: None) -> None:
    assert allowance() == ALLOWED
    before = room()
    with mmap.mmap(-1, 64 * MIB, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as held:  # certainly new memory
        after = room()
        assert before is not None and after is not None
        assert 0 <= ALLOWED - before < 1 << 45
        assert before - after >= len(held)


def test_a_worker_is_made_where_its_threads_have_room(limited: None) -> None:
    assert too_narrow(2) is None
    failure = too_narrow(1 << 30)
    assert failure is not None
    assert re.fullmatch(
        r"out of memory: the limit is 1024 TiB per process \(ulimit\), [\d.]+ TiB is left, but a worker needs 16384 TiB",
        failure.message,
    )


def test_without_a_limit_there_is_no_allowance() -> None:
    assert (allowance(), room()) == (None, None)


def test_the_memory_of_a_process_is_told(limited: None) -> None:
    before, held = memory_of(os.getpid()), bytearray(os.urandom(MIB) * 64)
    after = memory_of("self")
    assert before is not None and after is not None
    assert after.resident - before.resident >= 0.9 * len(held)
    assert after.whole > after.resident > after.of_files
    assert memory_of(1 << 30) is None


def test_what_people_write_is_no_library_s_complaint() -> None:
    assert not refused("column 'memory' is missing")
    details: dict[str, Any] = {}
    assert exhausted(Failure("task", "KeyError: 'memory'", details), None, "").details is details
