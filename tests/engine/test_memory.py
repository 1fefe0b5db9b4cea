"""Failures of tasks that got no more memory are told as such, whatever a library makes of it."""

from __future__ import annotations

from typing import Any

import pytest

from mlbuild.diagnostics import Failure
from mlbuild.engine.memory import exhausted, size_text

GIB = 1 << 30
CRASH = {"signal": "SIGSEGV"}


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1 KiB"), (1536 << 20, "1.5 GiB"), (1 << 60, "1048576 TiB")],
)
def test_a_size_is_told_in_the_unit_that_suits_it(size: int, text: str) -> None:
    assert size_text(size) == text


@pytest.mark.parametrize(
    ("message", "details", "printed", "peak"),
    [
        ("out of memory", {}, "", GIB // 2),
        ("LightGBMError: std::bad_alloc", {}, "", GIB // 2),
        ("OSError: [Errno 12] Cannot allocate memory", {}, "", GIB // 2),
        ("RuntimeError: can't start new thread", {}, "", GIB // 2),
        ("its worker was killed", {"signal": "SIGABRT"}, "memory allocation of 8 bytes failed", GIB // 2),
        ("ImportError: a.so: failed to map segment from shared object", {}, "", GIB // 2),
        ("its worker was killed", CRASH, "", GIB - 1),
    ],
)
def test_no_more_memory_is_told_with_limit_and_peak(
    message: str, details: dict[str, Any], printed: str, peak: int
) -> None:
    told = exhausted(Failure("task", message, details), GIB, peak, printed)
    assert told.message == f"out of memory (limit 1 GiB, peak {size_text(peak)})"
    assert told.details == {**details, "memory": {"limit": GIB, "peak": peak}}


@pytest.mark.parametrize(
    ("failure", "limit", "peak"),
    [
        (Failure("task", "ValueError: wrong"), GIB, GIB),
        (Failure("task", "its worker was killed", CRASH), GIB, GIB // 2),
        (Failure("task", "its worker was killed", {"signal": "SIGKILL"}), GIB, GIB),
        (Failure("task", "its worker was killed", CRASH), None, GIB),
        (Failure("task", "LightGBMError: std::bad_alloc"), None, GIB),
        (Failure("data", "a column is called 'MemoryError'"), GIB, GIB),
    ],
)
def test_other_failures_stay_what_they_are(failure: Failure, limit: int | None, peak: int) -> None:
    assert exhausted(failure, limit, peak, "") == failure
