"""If a build is killed at any moment, with all or some of its processes, the next one can continue."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from tests import budget
from tests.cli.processes import alive, started
from tests.projects import DELAYS, delays

#: Two projects that differ from training on.
SPECS = {leaves: DELAYS.replace("num_leaves: 15", f"num_leaves: {leaves}") for leaves in (15, 12)}


def run(folder: Path) -> tuple[str, str]:
    """Build; return the text on standard output and on standard error."""
    with started(folder, "build", "-v") as build:
        printed, told = build.communicate()
        assert build.returncode == 0, told
    return printed, told


def shipped(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in (folder / "dist/late").iterdir()}


def results(folder: Path) -> set[str]:
    return {file.name for file in (folder / ".mlbuild/cas").rglob("*") if file.is_file()}


def kill_within(folder: Path, seconds: float, all_at_once: bool) -> bool:
    """Build, and kill the process group of the command, or all of its processes. Return False if it ended before.

    The workers are in another group. Those that are not killed end by themselves.
    """
    with started(folder, "build") as build:
        try:
            build.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            pids = alive(build.pid) if all_at_once else []
            os.killpg(build.pid, signal.SIGKILL)
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            build.communicate()
            assert all_at_once or alive(build.pid) == []
            return True
    return False


def without_changes(printed: str) -> str:
    """Return what a build printed, without the metrics of the last build, which are another one's here."""
    return re.sub(r" \(was [^)]*\)", "", printed)


def test_a_build_goes_on_from_wherever_it_was_killed(tmp_path: Path) -> None:
    clean: dict[int, tuple[str, dict[str, bytes], set[str]]] = {}
    started_at = time.monotonic()
    for leaves, spec in SPECS.items():
        folder = tmp_path / f"clean-{leaves}"
        folder.mkdir()
        delays(folder, spec)
        clean[leaves] = run(folder)[0], shipped(folder), results(folder)
    whole = (time.monotonic() - started_at) / len(SPECS)
    chance, killed, rounds = random.Random(budget.seed()), 0, budget.examples(2, 200)
    folder = tmp_path / "killed"
    folder.mkdir()
    while killed < rounds:
        leaves = chance.choice([*SPECS])
        delays(folder, SPECS[leaves])
        if chance.random() < 0.6:
            shutil.rmtree(folder / ".mlbuild", ignore_errors=True)
        for _ in range(chance.choice([1, 1, 2, 3])):
            killed += kill_within(folder, chance.uniform(0, whole), chance.random() < 0.5)
        printed, files, stored = clean[leaves]
        assert without_changes(run(folder)[0]) == printed
        assert shipped(folder) == files
        assert results(folder) >= stored
        assert " ran " not in run(folder)[1]
    budget.tell(f"{killed} builds killed")
