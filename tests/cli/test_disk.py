"""A full disk, or a folder that cannot be written: one message, exit code 7, and nothing is lost."""

from __future__ import annotations

import errno
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from mlbuild.shown import shown
from tests.cli.running import Command
from tests.cli.small import shipped, small

#: A limit on the size of files, which simulates a full disk: the system cuts off writes.
LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
from mlbuild.cli.main import main
sys.exit(main(sys.argv[2:]))
"""


def limited(folder: Path, size: int, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", LIMITED, str(size), *words]
    environment = os.environ | {"MLBUILD_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize("size", [0, 300, 2000])
def test_a_disk_that_is_full_ends_with_7_and_what_was_finished_is_kept(
    mlbuild: Command, size: int, jobs: str
) -> None:
    small(mlbuild.folder)
    done = limited(mlbuild.folder, size, "build", "-j", jobs)
    assert done.returncode == 7, done.stderr
    assert "cannot write '.mlbuild': file too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert list((mlbuild.folder / ".mlbuild/tmp").iterdir()) == []
    assert mlbuild("store", "verify").code == 0
    assert not (mlbuild.folder / "dist").exists()
    kept = [line.split()[1] for line in done.stderr.splitlines() if line.split()[:1] == ["ran"]]
    again = json.loads(mlbuild("build", "--json").out)
    assert {task["task"]: task["outcome"] for task in again["tasks"]}.items() >= {
        (name, "reused") for name in kept
    }
    assert shipped(mlbuild.folder)


def test_a_full_disk_is_no_failure_of_a_query(mlbuild: Command) -> None:
    with closing(sqlite3.connect(mlbuild.folder / "shop.db")) as database, database:
        database.execute("CREATE TABLE payments (amount REAL)")
        database.executemany("INSERT INTO payments VALUES (?)", [(number / 7,) for number in range(40_000)])
    (mlbuild.folder / "mlbuild.yaml").write_text(
        "mlbuild: 1\nproject: p\nwarnings: {unused: ignore}\n"
        'sources: {payments: {type: sql, connection: "sqlite:///shop.db", table: payments, contract: payment}}\n'
        "contracts: {payment: {columns: {amount: float}}}\n"
    )
    done = limited(mlbuild.folder, 100_000, "build", "source:payments")
    assert done.returncode == 7, done.stderr
    assert "fetch:payments: cannot write the result of the task: file too large" in done.stderr
    assert mlbuild("build", "source:payments").code == 0


def test_what_is_shipped_stays_where_the_new_one_has_no_room(mlbuild: Command) -> None:
    small(mlbuild.folder)
    assert mlbuild("build").code == 0
    former = shipped(mlbuild.folder)
    small(mlbuild.folder, leaves=3)
    assert mlbuild("build", "report:one").code == 0
    large = ("model.onnx", "report.html")
    size = max(len(content) for name, content in former.items() if name not in large)
    done = limited(mlbuild.folder, size, "build")
    assert done.returncode == 7, done.stderr
    assert shipped(mlbuild.folder) == former
    assert mlbuild("build").code == 0
    assert shipped(mlbuild.folder) != former


@pytest.fixture
def unwritable(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """No file can be created below `.mlbuild` any more, as on a read-only file system."""
    opened = os.open

    def refuse(path: str | Path, flags: int, mode: int = 0o777, **options: int) -> int:
        if flags & os.O_CREAT and ".mlbuild" in str(path):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        return opened(path, flags, mode, **options)

    monkeypatch.setattr(os, "open", refuse)
    return monkeypatch


def test_a_read_only_folder_is_told(mlbuild: Command, unwritable: pytest.MonkeyPatch) -> None:
    small(mlbuild.folder)
    done = mlbuild("build")
    assert (done.code, done.out) == (7, "")
    assert done.err == (
        "mlbuild: cannot write '.mlbuild': read-only file system\n  help: finished tasks are kept\n"
    )
    document = json.loads(mlbuild("build", "--json").out)
    assert document["error"]["message"] == "cannot write '.mlbuild': read-only file system"
    unwritable.undo()
    assert mlbuild("build", "-j", "1").code == 0


def test_nothing_need_be_written_where_all_is_up_to_date(
    mlbuild: Command, unwritable: pytest.MonkeyPatch
) -> None:
    refused = os.open
    unwritable.undo()
    small(mlbuild.folder)
    assert mlbuild("build", "-j", "1").code == 0
    unwritable.setattr(os, "open", refused)
    for words in (
        "build",
        "plan --exit-code",
        "status",
        "why train:one",
        "gc",
        "store verify",
        "build --locked",
    ):
        done = mlbuild(*words.split())
        assert done.code == 0, (words, done.err)


@pytest.mark.parametrize("layered", [False, True])
def test_the_store_and_dist_can_be_on_different_disks(
    mlbuild: Command, monkeypatch: pytest.MonkeyPatch, layered: bool
) -> None:
    """For example, if `.mlbuild` is a link or a mount.

    In a `layered` file system, no folder of `dist/` can be renamed.
    """

    def apart(known: Callable[[str, str], None]) -> Callable[[str, str], None]:
        def place(source: str, target: str) -> None:
            kept = [f"{os.sep}.mlbuild{os.sep}" in str(path) for path in (source, target)]
            if kept[0] != kept[1] or (layered and str(source).endswith("/dist/one")):
                raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
            known(source, target)

        return place

    monkeypatch.setattr(os, "rename", apart(os.rename))
    monkeypatch.setattr(os, "replace", apart(os.replace))
    for leaves in (4, 3):
        small(mlbuild.folder, leaves=leaves)
        done = mlbuild("build")
        assert done.code == 0, done.err
        assert mlbuild("plan", "--exit-code", "--locked").code == 0
        assert sorted(path.name for path in mlbuild.folder.iterdir()) == sorted(
            [".mlbuild", "dist", "mlbuild.lock", "mlbuild.yaml", "rows.csv"]
        )
        assert {path.name for path in (mlbuild.folder / "dist").iterdir()} - {".gitignore"} == {"one"}


def test_a_file_in_place_of_the_store_is_told(mlbuild: Command) -> None:
    small(mlbuild.folder)
    (mlbuild.folder / ".mlbuild").write_text("mine")
    done = mlbuild("build")
    assert (done.code, done.err.splitlines()[0]) == (7, "mlbuild: cannot write '.mlbuild': file exists")
    for words in ("plan", "status", "gc", "store verify"):
        assert mlbuild(*words.split()).code in (0, 6)
    assert (mlbuild.folder / ".mlbuild").read_text() == "mine"


def test_a_file_in_place_of_dist_is_told(mlbuild: Command) -> None:
    small(mlbuild.folder)
    (mlbuild.folder / "dist").write_text("mine")
    done = mlbuild("build")
    assert done.code == 7
    assert done.err.startswith("mlbuild: cannot write 'dist/one': not a directory\n")
    (mlbuild.folder / "dist").unlink()
    assert mlbuild("build").code == 0 and shipped(mlbuild.folder)


def test_a_shared_store_that_cannot_be_written_is_named(
    mlbuild: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    small(mlbuild.folder)
    cache = mlbuild.folder / "cache"
    cache.write_text("mine")
    monkeypatch.setenv("MLBUILD_CACHE_DIR", str(cache))
    done = mlbuild("build")
    assert done.code == 7
    assert f"failed  source:rows: cannot write '{cache}': file exists\n" in done.err
    cache.unlink()
    assert mlbuild("build").code == 0


def test_a_shared_store_never_is_a_folder_of_other_files(
    mlbuild: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    small(mlbuild.folder)
    home = mlbuild.folder / "home"
    mine = [home / name / "mine" for name in ("tmp", "lock", "cas/1")]
    for file in mine:
        file.parent.mkdir(parents=True)
        file.write_text("mine")
        os.utime(file.parent, (0, 0))
    monkeypatch.setenv("MLBUILD_CACHE_DIR", str(home))
    for words in ("build", "plan", "status", "why train:one", "gc --delete", "store verify --repair"):
        done = mlbuild(*words.split())
        assert (done.code, done.out, done.err) == (
            7,
            "",
            f"mlbuild: cannot use '{home}': it contains files that mlbuild did not write\n"
            "  help: set MLBUILD_CACHE_DIR to your own folder or to a new one\n",
        )
    assert all(file.read_text() == "mine" for file in mine)
    assert sorted(path.name for path in home.rglob("*")) == [
        "1",
        "cas",
        "lock",
        "mine",
        "mine",
        "mine",
        "tmp",
    ]


def test_the_own_store_of_a_project_is_not_shared(mlbuild: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    small(mlbuild.folder)
    own = mlbuild.folder / ".mlbuild"
    monkeypatch.setenv("MLBUILD_CACHE_DIR", str(own))
    assert mlbuild("build").code == 0 and not (own / "roots").exists()
    other = mlbuild.folder / "other"
    other.mkdir()
    small(other)
    done = mlbuild("-C", "other", "build")
    assert done.code == 7 and f"cannot use '{shown(str(own))}'" in done.err


def not_for_us(known: Callable[..., Any], *names: str) -> Callable[..., Any]:
    """Return a system function that refuses paths with these endings."""

    def refuse(path: object = ".", *rest: object, **options: object) -> Any:
        if str(path).endswith(names):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return known(path, *rest, **options)

    return refuse


@pytest.mark.parametrize("words", ["gc", "gc --delete", "store verify", "store verify --repair"])
def test_a_store_that_cannot_be_read_is_told(
    mlbuild: Command, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    small(mlbuild.folder)
    (mlbuild.folder / ".mlbuild").mkdir()
    monkeypatch.setattr(os, "listdir", not_for_us(os.listdir, ".mlbuild"))
    done = mlbuild(*words.split())
    assert (done.code, done.out) == (7, "")
    assert done.err.startswith("mlbuild: cannot read '.mlbuild': permission denied\n")


def test_files_in_dist_that_cannot_be_read_are_missing(
    mlbuild: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    small(mlbuild.folder)
    assert mlbuild("build").code == 0
    with monkeypatch.context() as patch:
        patch.setattr(os, "stat", not_for_us(os.stat, "dist/one/model.onnx"))
        assert "dist/one/model.onnx is missing" in mlbuild("status").out
    assert mlbuild("status").code == 0
