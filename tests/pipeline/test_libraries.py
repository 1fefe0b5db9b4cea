"""What libraries need from the processes that run tasks."""

from __future__ import annotations

import resource
import subprocess
import sys

import pytest

from mlbuild.pipeline.libraries import NEEDED

#: What a library takes when it is loaded, and for a first computation, with the number of threads that a worker has.
MEASURE = """\
import os
os.environ["POLARS_MAX_THREADS"] = "2"
from mlbuild.process.allowance import memory_of
from mlbuild.pipeline.libraries import load
load(["numpy"])
before = memory_of("self").data
load([{name!r}])
if {name!r} == "polars":
    import polars
    polars.DataFrame({{"a": [1, 2]}}).lazy().filter(polars.col("a") > 1).collect()
print(memory_of("self").data - before)
"""
REFUSE = """\
from mlbuild.diagnostics import Failed
from mlbuild.pipeline.libraries import load
try:
    load([{name!r}])
except Failed as failed:
    print(failed.failure.message)
"""
pytestmark = pytest.mark.parametrize("name", NEEDED)


def run(program: str, allowed: int) -> str:
    """Return the output of a program that can allocate this much memory."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (allowed, allowed)),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout.strip()


def test_a_library_is_loaded_where_there_is_enough_memory(name: str) -> None:
    assert 20 << 20 < int(run(MEASURE.format(name=name), 1 << 40)) < NEEDED[name][1]


def test_a_library_is_not_loaded_where_it_might_wait_for_memory_forever(name: str) -> None:
    needed = NEEDED[name][1] >> 20
    told = run(REFUSE.format(name=name), NEEDED[name][1])
    assert told.startswith(f"out of memory: the limit is {needed} MiB per process (ulimit), ")
    assert told.endswith(f" MiB is left, but {name} needs {needed} MiB")
