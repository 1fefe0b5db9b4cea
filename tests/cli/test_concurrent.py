"""Two builds at once: of one project they take turns, of two that share a store they do not harm each other."""

from __future__ import annotations

import fcntl
import os
import random
import shutil
import signal
import subprocess
from contextlib import ExitStack
from pathlib import Path

import pytest

from mlbuild import api
from tests import budget
from tests.cli.processes import started
from tests.cli.small import small
from tests.projects import delays

BUILD = ("build", "-j", "1", "--threads", "1")
#: Another model: it differs from training on.
OTHER = (*BUILD, "--set", "models.late.params.num_leaves=12")
ROUNDS = budget.examples(1, 50)


def at_once(*builds: tuple[Path, tuple[str, ...]]) -> list[str]:
    """Start builds at once, which all must end well; returns what each told."""
    with ExitStack() as stack:
        processes = [stack.enter_context(started(folder, *words)) for folder, words in builds]
        told = [process.communicate()[1] for process in processes]
        assert [process.returncode for process in processes] == [0] * len(builds), told
    return told


def shipped(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in (folder / "dist/late").iterdir()}


def ran(*told: str) -> list[str]:
    """The tasks that ran, as often as they did."""
    lines = (line.split() for text in told for line in text.splitlines())
    return sorted(words[1] for words in lines if words[:1] == ["ran"])


def assert_sound(folder: Path) -> None:
    found = api.verify(folder)
    assert (found.damaged, found.incomplete) == ((), 0)


def test_two_builds_of_a_project_share_the_work(tmp_path: Path) -> None:
    chance = random.Random(budget.seed())
    clean, project = tmp_path / "clean", tmp_path / "project"
    for folder in (clean, project):
        folder.mkdir()
        delays(folder, every=300)
    all_tasks = ran(*at_once((clean, BUILD)))
    wanted = shipped(clean)
    for _ in range(ROUNDS):
        for left in chance.sample([".mlbuild", "dist"], chance.choice([1, 2])):
            shutil.rmtree(project / left, ignore_errors=True)
        fresh = not (project / ".mlbuild").exists()
        told = at_once((project, BUILD), (project, BUILD))
        assert shipped(project) == wanted
        assert ran(*told) == (all_tasks if fresh else [])
        assert_sound(project)
        at_once((project, OTHER), (project, BUILD))
        assert at_once((project, BUILD)) and shipped(project) == wanted
        assert_sound(project)
    budget.tell(f"{ROUNDS} rounds of two builds at once")


def test_two_projects_fill_a_store_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLBUILD_CACHE_DIR", str(tmp_path / "cache"))
    folders = [tmp_path / name for name in ("a", "b")]
    for folder in folders:
        folder.mkdir()
        delays(folder, every=300)
    for _ in range(ROUNDS):
        shutil.rmtree(tmp_path / "cache", ignore_errors=True)
        at_once(*((folder, BUILD) for folder in folders))
        assert shipped(folders[0]) == shipped(folders[1])
        assert_sound(folders[0])
        for folder in folders:
            assert ran(*at_once((folder, BUILD))) == []


def held(folder: Path) -> int:
    """Hold the project as a build does; returns the descriptor that does."""
    (folder / ".mlbuild").mkdir()
    lock = os.open(folder / ".mlbuild/lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(lock, fcntl.LOCK_EX)
    os.write(lock, b"4711\n")
    return lock


def waiting(build: subprocess.Popen[str]) -> None:
    """See that a build says for whom it waits."""
    assert build.stderr is not None
    assert build.stderr.readline() == "waiting for another mlbuild (process 4711)\n"


@pytest.mark.parametrize("words", [("build",), ("build", "-q", "--json")])
def test_the_second_one_says_that_it_waits_and_for_whom(tmp_path: Path, words: tuple[str, ...]) -> None:
    small(tmp_path)
    lock = held(tmp_path)
    with started(tmp_path, *words, "-j", "1") as build:
        waiting(build)
        os.close(lock)
        _, told = build.communicate()
    assert build.returncode == 0 and "waiting" not in told


@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_waiting_can_be_ended(tmp_path: Path, number: signal.Signals, jobs: str) -> None:
    small(tmp_path)
    lock = held(tmp_path)
    with started(tmp_path, "build", "-j", jobs) as build:
        waiting(build)
        build.send_signal(number)
        _, told = build.communicate()
    os.close(lock)
    assert (build.returncode, told) == (130, "mlbuild: interrupted; what was finished is kept\n")
    assert not (tmp_path / "mlbuild.lock").exists()


def test_reading_never_waits(tmp_path: Path) -> None:
    small(tmp_path)
    lock = held(tmp_path)
    for words in ("plan", "status", "why train:one", "query model:one", "gc", "store verify", "check"):
        with started(tmp_path, *words.split()) as command:
            _, told = command.communicate()
        assert command.returncode in (0, 6) and told == "", told
    os.close(lock)


def test_cleaning_waits_for_a_build(tmp_path: Path) -> None:
    small(tmp_path)
    lock = held(tmp_path)
    for words in ("gc --delete", "store verify --repair"):
        with started(tmp_path, *words.split()) as command:
            waiting(command)
            os.close(lock)
            command.communicate()
            assert command.returncode == 0
        shutil.rmtree(tmp_path / ".mlbuild")
        lock = held(tmp_path)
    os.close(lock)


def test_cleaning_a_shared_store_waits_for_the_builds_of_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    monkeypatch.setenv("MLBUILD_CACHE_DIR", str(cache))
    small(tmp_path)
    lock = os.open(cache / "lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(lock, fcntl.LOCK_SH)
    with started(tmp_path, "gc", "--delete") as command:
        assert command.stderr is not None
        assert command.stderr.readline() == "waiting for another mlbuild\n"
        os.close(lock)
        command.communicate()
        assert command.returncode == 0
