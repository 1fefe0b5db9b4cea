"""If a command lacks its folder, /proc or room for open files, it says so in one message, with the right exit code."""

from __future__ import annotations

import itertools
import os
import resource
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from mlbuild import api
from tests import budget
from tests.cli.both import both
from tests.cli.opens import opening
from tests.cli.running import Command, Ran
from tests.cli.small import small
from tests.cli.starting import ROOT
from tests.cli.verbs import LINES
from tests.projects import copied

GONE = "mlbuild: the current folder no longer exists\n  help: change to another folder\n"
#: The working folder of a command. The project can be deleted while it runs; with `-f`, the working folder is
#: another one.
FROM = ["the project", "another folder"]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A built project."""
    folder = both(tmp_path_factory.mktemp("built") / "project")
    assert api.build(api.load(folder / "mlbuild.yaml"), threads=1).ok
    return folder


@pytest.mark.parametrize("verb", LINES)
def test_the_working_folder_is_gone(verb: str, mlbuild: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = mlbuild.folder / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert mlbuild.here(*LINES[verb]) == Ran(2, "", GONE)


@pytest.mark.parametrize("place", FROM)
@pytest.mark.parametrize("verb", LINES)
def test_the_project_goes_while_a_command_runs(
    verb: str, place: str, mlbuild: Command, built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At any moment when it opens a file. The command may already have read everything that it needs."""
    project, away = mlbuild.folder / "project", place == "another folder"
    words = [f"project/{word}" if away and "." in word else word for word in LINES[verb]]
    words = ["-f", "project/mlbuild.yaml", *words] if away else words

    def run(until: int | None) -> int:
        """Run the command, and delete the project when it opens its n-th file (`until`).

        Return how many files it opens.
        """
        shutil.rmtree(project, ignore_errors=True)
        copied(built, project)
        monkeypatch.chdir(mlbuild.folder if away else project)
        count = itertools.count(1)
        with opening(lambda _: shutil.rmtree(project) if next(count) == until else None):
            done = mlbuild.here(*words)
        monkeypatch.chdir(mlbuild.folder)
        # There is no repository, so there are no commits to search; and there are no channels, trials, certificates and logs.
        lacking = dict.fromkeys(("bisect", "release", "rollback", "adopt", "serve"), 2) | {
            "monitor": 3,
            "log": 3,
        }
        whole = lacking.get(verb, 0)
        gone = (0, 1, 2, 3, 6, 7, *([4] if verb == "promote" else []))
        assert done.code in ((whole,) if until is None else gone), done.err
        assert "Traceback" not in done.err
        assert done.code in (0, 6) or done.err or done.out
        return next(count) - 1

    whole = run(None)
    for until in range(1, whole + 1, max(1, whole // budget.examples(4, 100))):
        run(until)


@pytest.mark.parametrize("words", [("build", "--force"), ("build", "--force", "--json")], ids=" ".join)
def test_the_outputs_go_before_a_build_reports_them(words: tuple[str, ...], mlbuild: Command) -> None:
    small(mlbuild.folder)
    dist = mlbuild.folder / "dist"

    def build(removed_at: int | None) -> tuple[int, Ran]:
        """Build, and delete the outputs when their parity is opened for the n-th time.

        Return how often it was opened.
        """
        count = itertools.count(1)

        def note(path: str) -> None:
            if path.endswith("dist/one/parity.json") and next(count) == removed_at:
                shutil.rmtree(dist)

        with opening(note):
            done = mlbuild(*words)
        return next(count) - 1, done

    times, whole = build(None)
    assert whole.code == 0
    _, done = build(times)
    assert done.code == 7
    assert (
        "'dist/one/parity.json' was changed while the build ran: no such file or directory"
        in done.out + done.err
    )


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_there_is_no_readable_proc(jobs: str, mlbuild: Command) -> None:
    small(mlbuild.folder)

    def refuse(path: str) -> None:
        if path.startswith("/proc"):
            raise PermissionError(13, "Permission denied", path)

    with opening(refuse):
        done = mlbuild("build", "--force", "-j", jobs)
    assert done.code == 0, done.err


@pytest.mark.parametrize("limit", range(5, 17) if budget.examples(0, 1) else [5, 16])
@pytest.mark.parametrize("verb", LINES)
def test_few_files_can_be_opened(verb: str, limit: int, built: Path) -> None:
    """With fewer than five, Python itself does not start."""
    done = _limited(built, LINES[verb], limit, limit)
    told = f"mlbuild: mlbuild needs to open 64 files at once, but the limit is {limit}\n  help: raise the limit: ulimit -n\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", told)


def test_a_build_needs_more_files_for_more_jobs(built: Path) -> None:
    done = _limited(built, ("build", "--force", "-j", "9"), 100, 100)
    assert (done.returncode, done.stdout) == (1, "")
    assert "9 jobs need to open 136 files at once, but the limit is 100" in done.stderr
    assert "-j" in done.stderr


def test_a_soft_limit_is_raised(built: Path, tmp_path: Path) -> None:
    copied(built, tmp_path)
    done = _limited(tmp_path, ("build", "--force", "-j", "2"), 8, 4096)
    assert done.returncode == 0, done.stderr


def _limited(folder: Path, words: tuple[str, ...], soft: int, hard: int) -> subprocess.CompletedProcess[str]:
    """Run a command that can open only this many files."""
    return subprocess.run(
        [sys.executable, "-m", "mlbuild", *words],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT), "MLBUILD_THREADS": "1"},
        preexec_fn=partial(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard)),
        capture_output=True,
        text=True,
        timeout=300,
    )
