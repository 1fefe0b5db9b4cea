"""Ctrl-C and a polite end: workers end at once, no process is left, what was finished is kept."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.processes import alive, started
from tests.cli.running import Command
from tests.projects import delays


def twice(pid: int) -> None:
    for _ in range(2):
        os.killpg(pid, signal.SIGINT)


#: How a build is ended, given its process id, which names its process group as well.
ENDS: dict[str, Callable[[int], None]] = {
    "ctrl-c in a terminal": lambda pid: os.killpg(pid, signal.SIGINT),
    "ctrl-c to the command alone": lambda pid: os.kill(pid, signal.SIGINT),
    "terminated": lambda pid: os.kill(pid, signal.SIGTERM),
    "twice": twice,
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_an_interrupted_build_ends_at_once_and_can_go_on(
    mlbuild: Command, jobs: str, end: Callable[[int], None]
) -> None:
    delays(mlbuild.folder)
    with started(mlbuild.folder, "build", "-j", jobs) as build:
        assert build.stderr is not None and build.stdout is not None
        first = build.stderr.readline()
        assert "ran  source:" in first
        end(build.pid)
        told, printed = build.stderr.read(), build.stdout.read()
        assert build.wait() == 130
        assert alive(build.pid) == []
    assert (told.splitlines()[-1], printed) == ("mlbuild: interrupted; what was finished is kept", "")
    assert not Path(mlbuild.folder / "dist").exists()
    again = mlbuild("build", "-v")
    assert again.code == 0
    assert f"reused  {first.split()[1]} " in again.err
