"""However little memory a build can use, it ends soon: it succeeds, or says what has failed because of this."""

from __future__ import annotations

import os
import re
import resource
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests import budget
from tests.cli.both import both, shipped
from tests.cli.starting import ROOT

MIB = 1 << 20
#: The seconds in which any of these builds ends, on a busy machine.
_SOON = 120
#: Modules are compiled once, as in an installation: Python's parser can mistake missing memory for wrong syntax.
_ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


@pytest.fixture(scope="module", autouse=True)
def compiled(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Compile all modules that a build imports."""
    assert ended(tmp_path_factory.mktemp("compiled") / "project")[0] == 0


def ended(folder: Path, *words: str, before: Callable[[], None] | None = None) -> tuple[int, str]:
    """Do a clean build; return the exit code and the output."""
    shutil.rmtree(folder, ignore_errors=True)
    both(folder)
    done = subprocess.run(
        [sys.executable, "-m", "mlbuild", "build", *words],
        cwd=folder,
        env=_ENVIRONMENT | {"MLBUILD_THREADS": "2", "PYTHONPATH": str(ROOT)},
        preexec_fn=before,
        capture_output=True,
        text=True,
        timeout=_SOON,
    )
    return done.returncode, done.stderr


def built(folder: Path, code: int, told: str, by_name: str) -> bool:
    """Whether a build succeeded. Otherwise it must have failed correctly, with a task that matches the pattern."""
    if code == 0:
        assert {name.partition("/")[2] for name in shipped(folder)} >= {
            "trees/model.onnx",
            "linear/model.onnx",
        }
        return True
    assert code == 1, told
    assert re.search(rf"^ *failed  \w+:\w+: {by_name}", told, re.MULTILINE), told
    return False


@pytest.mark.parametrize("limit", range(1, 514, budget.examples(128, 8)))
def test_a_build_within_a_memory_limit_ends(limit: int, tmp_path: Path) -> None:
    code, told = ended(tmp_path / "project", "-k", "--memory-limit", f"{limit}M")
    whole = built(
        tmp_path / "project",
        code,
        told,
        rf"out of memory: the limit is {limit} MiB, but (a worker uses|the task used) ",
    )
    assert limit > 1 if whole else limit < 500
    assert "Traceback" not in told


@pytest.mark.parametrize(("which", "jobs"), [("RLIMIT_AS", "2"), ("RLIMIT_DATA", "1")])
def test_a_build_of_a_limited_process_ends(which: str, jobs: str, tmp_path: Path) -> None:
    """As after `ulimit`: libraries that get no memory crash, wait forever or retry forever."""
    ends: Counter[str] = Counter()
    for limit in range(20, 1000, budget.examples(340, 10)):
        restrict = partial(resource.setrlimit, getattr(resource, which), (limit * MIB, limit * MIB))
        code, told = ended(tmp_path / "project", "-j", jobs, before=restrict)
        if code == 0 or "failed  " in told:
            by_name = rf".*(the limit is {limit} MiB per process \(ulimit\)|out of memory)"
            ends["built" if built(tmp_path / "project", code, told, by_name) else "failed by name"] += 1
        else:
            assert code == 1 and "mlbuild: out of memory" in told, (code, told)
            ends["could not begin"] += 1
    counts = ", ".join(f"{count} {end}" for end, count in sorted(ends.items()))
    budget.tell(f"builds under {which}, -j {jobs}: {counts}")
