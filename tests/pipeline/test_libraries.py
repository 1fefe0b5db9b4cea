"""What libraries need from the processes that run tasks."""

from __future__ import annotations

import resource
import subprocess
import sys

from mlbuild.pipeline.libraries import NEEDED_BY_SCIPY

MEASURE = """\
from mlbuild.allowance import memory_of
from mlbuild.pipeline.libraries import load
load(["numpy", "polars"])
before = memory_of("self").whole
load(["scipy"])
print(memory_of("self").whole - before)
"""
REFUSE = """\
from mlbuild.diagnostics import Failed
from mlbuild.pipeline.libraries import load
try:
    load(["scipy"])
except Failed as failed:
    print(failed.failure.message)
"""


def run(program: str, allowed: int) -> str:
    """Return the output of a program that can use this much address space."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (allowed, allowed)),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout.strip()


def test_scipy_is_imported_where_there_is_enough_memory() -> None:
    assert 20 << 20 < int(run(MEASURE, 1 << 40)) < NEEDED_BY_SCIPY


def test_scipy_is_not_imported_where_it_might_ask_for_memory_for_ever() -> None:
    told = run(REFUSE, 180 << 20)
    assert told.startswith("out of memory: a process may have 180 MiB (ulimit), ")
    assert told.endswith(" MiB are left, but scipy needs 160 MiB")
