"""Ctrl-C and SIGTERM at any moment: one line, no process is left, finished tasks are kept."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import budget
from tests.cli.processes import alive, started
from tests.cli.running import Command
from tests.projects import delays


def twice(pid: int) -> None:
    for _ in range(2):
        os.killpg(pid, signal.SIGINT)


#: How a build is ended, given its process id, which is also its process group.
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
    assert (told.splitlines()[-1], printed) == ("mlbuild: interrupted; finished tasks are kept", "")
    assert not Path(mlbuild.folder / "dist").exists()
    again = mlbuild("build", "-v")
    assert again.code == 0
    assert f"reused  {first.split()[1]} " in again.err


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_a_command_that_builds_what_it_shows_ends_like_a_build(
    mlbuild: Command, monkeypatch: pytest.MonkeyPatch, end: Callable[[int], None]
) -> None:
    delays(mlbuild.folder)
    monkeypatch.setenv("MLBUILD_JOBS", "2")
    with started(mlbuild.folder, "describe", "flights") as described:
        assert described.stderr is not None and described.stdout is not None
        assert "ran  " in described.stderr.readline()
        end(described.pid)
        told, printed = described.stderr.read(), described.stdout.read()
        assert described.wait() == 130
        assert alive(described.pid) == []
    assert (told.splitlines()[-1], printed) == ("mlbuild: interrupted; finished tasks are kept", "")


@pytest.mark.parametrize("stopped", ["the zygote", "all"])
def test_a_build_whose_processes_are_stopped_ends_at_the_first_ctrl_c(mlbuild: Command, stopped: str) -> None:
    """Stopped by `kill -STOP` or by a debugger, they do not handle signals any more."""
    delays(mlbuild.folder)
    with started(mlbuild.folder, "build", "-j", "2") as build:
        assert build.stderr is not None
        build.stderr.readline()
        others = sorted(pid for pid in alive(build.pid) if pid != build.pid)
        for pid in others[: 1 if stopped == "the zygote" else None]:
            os.kill(pid, signal.SIGSTOP)
        os.killpg(build.pid, signal.SIGINT)
        _, printed = build.communicate(timeout=60)
        assert (build.returncode, printed.splitlines()[-1]) == (130, SAID)
        assert alive(build.pid) == []


def test_a_job_behind_a_script_is_not_interrupted(mlbuild: Command) -> None:
    """A shell makes background jobs ignore the Ctrl-C that is meant for the foreground."""
    delays(mlbuild.folder)
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with started(mlbuild.folder, "build", "-j", "2") as build:
            assert build.stderr is not None
            build.stderr.readline()
            os.killpg(build.pid, signal.SIGINT)
            _, told = build.communicate()
    finally:
        signal.signal(signal.SIGINT, before)
    assert build.returncode == 0, told


#: The command as its script starts it. Ctrl-C is held back until mlbuild's first line runs: before that, Python
#: handles it.
SCRIPT = """
import signal
from mlbuild.cli import interrupt
interrupt.end_at_once()
signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
from mlbuild.__main__ import main
main()
"""
SAID = "mlbuild: interrupted; finished tasks are kept"


#: Presses Ctrl-C while a library reads a file, when what is printed to standard error is held back.
READING = """
import os, signal, sys
from pathlib import Path
from mlbuild.cli.interrupt import end_at_once
from mlbuild.data.formats.unread import reading
end_at_once()
with reading(Path(sys.argv[0])):
    os.kill(os.getpid(), signal.SIGINT)
"""


def test_an_interruption_is_reported_while_a_library_reads(tmp_path: Path) -> None:
    file = tmp_path / "reading.py"
    file.write_text(READING)
    done = subprocess.run([sys.executable, file], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (130, SAID + "\n")


def test_a_build_can_be_interrupted_at_any_moment(tmp_path: Path) -> None:
    chance, rounds = random.Random(budget.seed()), budget.examples(4, 200)
    delays(tmp_path)
    spec = (tmp_path / "mlbuild.yaml").read_text()
    began = time.monotonic()
    assert interrupted(tmp_path, None, "build", "-j", "1")[0] == 0
    whole, cut = time.monotonic() - began, 0
    for _ in range(rounds):
        if chance.random() < 0.5:
            shutil.rmtree(tmp_path / ".mlbuild", ignore_errors=True)
        # an edit, so that there is something to run and the command cannot answer from a snapshot
        (tmp_path / "mlbuild.yaml").write_text(
            spec.replace("num_leaves: 15", f"num_leaves: {chance.randint(3, 31)}")
        )
        words = ["build", "-j", chance.choice("12"), *chance.choice([[], ["--json"]])]
        code, out, err = interrupted(tmp_path, chance.uniform(0, 1.1 * whole), *words)
        cut += code == 130
        assert_ended_well(code, out, err, as_json="--json" in words)
    budget.tell(f"{cut} of {rounds} builds were interrupted before their end")
    (tmp_path / "mlbuild.yaml").write_text(spec)
    assert interrupted(tmp_path, None, "build")[0] == 0
    assert " ran " not in interrupted(tmp_path, None, "build", "-v")[2]


def interrupted(folder: Path, after: float | None, *words: str) -> tuple[int, str, str]:
    """Run a command and press Ctrl-C after some seconds (None: never). Return the exit code and the output."""
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, *words],
        cwd=folder,
        env=os.environ | {"MLBUILD_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    with process:
        try:
            out, err = process.communicate(timeout=after)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGINT)
            out, err = process.communicate()
    assert alive(process.pid) == []
    return process.returncode, out, err


def assert_ended_well(code: int, out: str, err: str, as_json: bool) -> None:
    assert code in (0, 130), err
    lines = err.splitlines()
    assert not [line for line in lines if re.search("Traceback|Exception ignored|failed|blocked", line)], err
    if as_json:
        document = json.loads(out) if out else {"exit_code": code}
        assert document["exit_code"] == code or SAID in lines
        assert out or lines == []
    else:
        assert lines.count(SAID) == (code == 130)
        assert code == 0 or lines[-1] == SAID
