"""`mlbuild bisect` finds the commit that made a metric worse."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mlbuild.tracking.bisect import search
from tests.budget import examples
from tests.cli.processes import started
from tests.cli.running import Command
from tests.cli.test_concurrent import held, waiting
from tests.cli.test_runs import git, records
from tests.cli.tracking.project import SPEC, told, visits

COMMITS = 32


def history(folder: Path, planted: int, commits: int = COMMITS) -> list[str]:
    """Write a repository in which every commit changes a parameter a little, and one loses a feature; return the commits."""
    visits(folder)
    (folder / ".gitignore").write_text("dist\n.mlbuild\n*.lock\nmarks\n")
    git(folder, "init", "-q", "-b", "main")
    names = []
    for index in range(commits):
        text = SPEC.replace("C: 1.0", f"C: {1 + index / 1000}")
        (folder / "mlbuild.yaml").write_text(text.replace("[x, z]", "[z]") if index >= planted else text)
        git(folder, "add", ".")
        git(folder, "commit", "-qm", f"commit {index}")
        names.append(git(folder, "rev-parse", "HEAD"))
    return names


@pytest.mark.parametrize("planted", examples([1, 13, COMMITS - 1], [*range(1, COMMITS)]))
def test_one_of_32_commits_is_found_with_six_builds(mlbuild: Command, planted: int) -> None:
    commits = history(mlbuild.folder, planted)
    done = mlbuild("bisect", "--metric", "test.log_loss", f"{commits[0]}..main", "--json")
    assert done.code == 0, done.err
    found = told(done.out)
    assert found["worse_since"] == [{"name": commits[planted], "subject": f"commit {planted}"}]
    assert found["builds"] <= 6 and len(found["tested"]) <= 5
    changes = {one["where"] for one in found["comparison"]["changes"]}
    assert changes == {"models.one.features[0]", "models.one.params.C"}
    assert git(mlbuild.folder, "status", "--porcelain") == ""
    assert not (mlbuild.folder / "dist").exists()
    again = mlbuild("bisect", "--metric", "log_loss", "--worse-by", "0.05", f"{commits[0]}..main")
    assert again.code == 0 and "0 builds" in again.err, "the results are kept"
    assert again.out.startswith("test.log_loss of one is worse since this commit: ")
    assert f"{commits[planted][:7]}  commit {planted}\n" in again.out
    compared = told(mlbuild("diff", f"{commits[0]}..{commits[planted]}", "--json").out)
    assert compared["models"][0]["same_rows"], "the commits that were built have records"


def test_a_loss_that_is_too_small_is_not_found(mlbuild: Command) -> None:
    commits = history(mlbuild.folder, 2, 4)
    done = mlbuild("bisect", "--metric", "log_loss", "--worse-by", "9", f"{commits[0]}..main")
    assert done.code == 1 and f"no commit is worse than {commits[0][:7]} in test.log_loss of one" in done.err
    better = mlbuild(
        "bisect", "--metric", "log_loss", f"{commits[0]}..{commits[1]}", "--worse-by", "0.01", "--json"
    )
    assert better.code == 1 and told(better.out)["worse_since"] is None


def test_a_search_says_for_whom_it_waits(mlbuild: Command) -> None:
    history(mlbuild.folder, 1, 2)
    lock = held(mlbuild.folder)
    with started(mlbuild.folder, "bisect", "--metric", "log_loss", "main~1..main") as asked:
        waiting(asked)
        os.close(lock)
        found, _ = asked.communicate()
    assert asked.returncode == 0 and "worse since this commit" in found


def test_commits_that_cannot_be_built_are_suspects(mlbuild: Command) -> None:
    history(mlbuild.folder, 99, 2)
    for index, text in enumerate(["mlbuild: [", SPEC.replace("x, z", "w"), SPEC.replace("x, z", "z")]):
        (mlbuild.folder / "mlbuild.yaml").write_text(text)
        git(mlbuild.folder, "commit", "-qam", f"change {index}")
    done = mlbuild("bisect", "--metric", "log_loss", "main~4..main")
    assert done.code == 0 and "worse since one of these commits" in done.out
    assert [line[9:] for line in done.out.splitlines()[1:4]] == ["change 0", "change 1", "change 2"]
    assert done.err.count("skipped") == 2 and "unknown column 'w'" in done.err


def test_other_rows_need_an_amount(mlbuild: Command) -> None:
    visits(mlbuild.folder)
    (mlbuild.folder / ".gitignore").write_text("dist\n.mlbuild\n*.lock\n")
    git(mlbuild.folder, "init", "-q", "-b", "main")
    for index, text in enumerate([SPEC, SPEC.replace("test: 0.4", "test: 0.3").replace("[x, z]", "[z]")]):
        (mlbuild.folder / "mlbuild.yaml").write_text(text)
        git(mlbuild.folder, "add", ".")
        git(mlbuild.folder, "commit", "-qm", f"commit {index}")
    unclear = mlbuild("bisect", "--metric", "log_loss", "main~1..main")
    assert unclear.code == 1 and "the rows are not the same" in unclear.err and "--worse-by" in unclear.err
    clear = mlbuild("bisect", "--metric", "log_loss", "--worse-by", "0.01", "main~1..main")
    assert clear.code == 0 and "commit 1" in clear.out


def test_nothing_of_the_repository_runs(mlbuild: Command) -> None:
    commits = history(mlbuild.folder, 2, 3)
    trap = mlbuild.folder / ".git/trap"
    trap.write_text(f"#!/bin/sh\ntouch {mlbuild.folder}/marks\ncat\n")
    trap.chmod(0o755)
    for hook in ("post-checkout", "post-index-change", "reference-transaction"):
        (mlbuild.folder / ".git/hooks").mkdir(exist_ok=True)
        (mlbuild.folder / ".git/hooks" / hook).symlink_to(trap)
    git(mlbuild.folder, "config", "filter.trap.smudge", str(trap))
    git(mlbuild.folder, "config", "core.fsmonitor", str(trap))
    (mlbuild.folder / ".git/info/attributes").write_text("* filter=trap\n")
    (mlbuild.folder / "marks").unlink(missing_ok=True)
    assert mlbuild("bisect", "--metric", "log_loss", f"{commits[0]}..{commits[-1]}").code == 0
    assert not (mlbuild.folder / "marks").exists()


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_an_interrupted_search_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jobs: str
) -> None:
    project, temporary = tmp_path / "project", tmp_path / "temporary"
    project.mkdir()
    temporary.mkdir()
    commits = history(project, 3, 8)
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setenv("MLBUILD_JOBS", jobs)
    with started(project, "bisect", "--metric", "log_loss", f"{commits[0]}..main") as search_:
        assert search_.stderr is not None and "commit" in search_.stderr.readline()
        search_.send_signal(signal.SIGINT)
        search_.communicate(timeout=300)
        assert search_.returncode == 130
    assert list(temporary.glob("mlbuild-bisect-*")) == []
    assert (
        git(project, "status", "--porcelain") == ""
        and len(git(project, "worktree", "list").splitlines()) == 1
    )
    assert all(found["git"]["revision"] in commits for found in records(project))
    done = subprocess.run(
        [sys.executable, "-m", "mlbuild", "bisect", "--metric", "log_loss", f"{commits[0]}..main"],
        cwd=project,
        capture_output=True,
        text=True,
        timeout=300,
        env=os.environ,
    )
    assert done.returncode == 0 and "commit 3" in done.stdout, done.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--metric", "log_loss", "main"], "'main' is not a range of revisions"),
        (["--metric", "log_loss", "main...main"], "is not a range of revisions"),
        (["--metric", "log_loss", "main..main~1"], "'main' is not a revision before 'main~1'"),
        (["--metric", "log_loss", "nothing..main"], "'nothing' is not a revision before 'main'"),
        (["--metric", "log_loss", "--output=x..main"], "the following arguments are required"),
        (["--metric", "log_loss", "--worse-by", "-1", "main~1..main"], "'-1' is not a number >= 0"),
        (["--metric", "test.f1", "main~1..main"], "has no test.f1"),
        (["main~1..main"], "the following arguments are required: --metric"),
    ],
)
def test_what_is_asked_wrongly_ends_with_2(mlbuild: Command, words: list[str], message: str) -> None:
    history(mlbuild.folder, 1, 2)
    done = mlbuild("bisect", *words)
    assert done.code == 2 and message in done.err


@pytest.mark.parametrize("count", [0, 1, 2, 7, 31, 100])
def test_a_search_asks_as_few_as_possible(count: int) -> None:
    for first in range(1, count + 2):
        asked: list[int] = []

        def worse(place: int, first: int = first, asked: list[int] = asked) -> bool:
            asked.append(place)
            return place >= first

        found = search(count, worse)
        assert (found.good, found.bad) == (first - 1, first)
        assert len(asked) == len(set(asked)) <= count.bit_length()


def test_a_search_goes_around_what_cannot_be_judged() -> None:
    unknown = {4, 5, 6}
    found = search(9, lambda place: None if place in unknown else place >= 6)
    assert (found.good, found.bad) == (3, 7)
    assert search(3, lambda place: None).bad == 4
