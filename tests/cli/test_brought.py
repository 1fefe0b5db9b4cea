"""A store that came with a clone, an archive or a copy is not used, and neither are forged entries in a store."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mlbuild.cli.unchanged import UNCHANGED, look
from mlbuild.engine.decide.records import find_record
from mlbuild.engine.store.store import open_store
from tests.cli.home import Home
from tests.cli.running import Command
from tests.cli.small import shipped, small

TOLD = "'.mlbuild' was created elsewhere, such as in a clone or a copy, and is not used\n"


@pytest.fixture
def home(mlbuild: Command, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home with the folder of an author who has built a project; `project` does not exist yet."""
    made = Home(mlbuild.folder / "home")
    made.project.rmdir()
    monkeypatch.setenv("HOME", str(made.folder))
    mlbuild.folder = made.folder / "author"
    mlbuild.folder.mkdir()
    small(mlbuild.folder)
    assert mlbuild("build").code == 0
    return made


def run(folder: Path, *words: str) -> None:
    subprocess.run(words, cwd=folder, check=True, capture_output=True, timeout=60)


def clone(author: Path, project: Path) -> None:
    git = ("git", "-c", "user.name=a", "-c", "user.email=a@b")
    run(author, *git, "init", "-q")
    run(author, *git, "add", "-f", ".")
    run(author, *git, "commit", "-qm", "all of it")
    run(author, *git, "clone", "-q", ".", str(project))


def unpack(author: Path, project: Path) -> None:
    project.mkdir()
    run(author, "tar", "-cpf", str(project.with_name("a.tar")), ".")
    run(project, "tar", "-xpf", "../a.tar")
    project.with_name("a.tar").unlink()


def copy(author: Path, project: Path) -> None:
    run(author, "cp", "-a", ".", str(project))


@pytest.mark.parametrize("bring", [clone, unpack, copy])
def test_nothing_of_it_is_used(
    mlbuild: Command, home: Home, bring: Callable[[Path, Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    clean = shipped(mlbuild.folder)
    bring(mlbuild.folder, home.project)
    mlbuild.folder = home.project
    monkeypatch.chdir(home.project)
    assert look(["build"])[0] != UNCHANGED
    assert "REUSE" not in mlbuild("plan").out
    assert "never built" in mlbuild("status").out
    done = mlbuild("build", "-v")
    assert done.code == 0 and done.err.startswith(f"  warning  {TOLD}")
    assert "reused" not in done.err and shipped(home.project) == clean
    again = mlbuild("build", "-v")
    assert (again.code, TOLD in again.err, "ran  " in again.err) == (0, False, False)


def moved(author: Path, project: Path) -> None:
    author.rename(project)


def touched(author: Path, project: Path) -> None:
    author.rename(project)
    for path in project.rglob("*"):
        path.touch()


def mode_changed(author: Path, project: Path) -> None:
    author.rename(project)
    run(project, "chmod", "-R", "u+w", ".")


@pytest.mark.parametrize("change", [moved, touched, mode_changed])
def test_a_folder_stays_what_it_was_where_it_is_moved_or_touched(
    mlbuild: Command, home: Home, change: Callable[[Path, Path], None]
) -> None:
    change(mlbuild.folder, home.project)
    mlbuild.folder = home.project
    done = mlbuild("build", "-v")
    assert (done.code, TOLD in done.err, "ran  " in done.err) == (0, False, False)


# Forged results


Parts = dict[str, list[Any]]
OUTSIDE = "../../../../../settings.json"

FORGED: dict[str, Callable[[Parts], Parts]] = {
    "a part outside": lambda parts: {**parts, OUTSIDE: parts["model.onnx"]},
    "a part with a full path": lambda parts: {**parts, "/settings.json": parts["model.onnx"]},
    "a part in place of another": lambda parts: {
        OUTSIDE if name == "metrics.json" else name: part for name, part in parts.items()
    },
    "a part more": lambda parts: {**parts, "more.txt": parts["model.onnx"]},
    "a part less": lambda parts: {name: part for name, part in parts.items() if name != "parity.json"},
    "no part": lambda parts: {},
    "a digest outside": lambda parts: {**parts, "model.onnx": [f"/{OUTSIDE}", 3]},
    "a digest of a folder": lambda parts: {**parts, "model.onnx": ["/../../../../../Documents", 4096]},
    "a digest in capitals": lambda parts: {**parts, "model.onnx": [parts["model.onnx"][0].upper(), 3]},
    "a digest and a line": lambda parts: {**parts, "model.onnx": [parts["model.onnx"][0] + "\n", 3]},
    "no digest": lambda parts: {**parts, "model.onnx": [None, 3]},
    "a negative size": lambda parts: {**parts, "model.onnx": [parts["model.onnx"][0], -1]},
    "no size": lambda parts: {**parts, "model.onnx": [parts["model.onnx"][0], "3"]},
    "another size": lambda parts: {**parts, "model.onnx": [parts["model.onnx"][0], 3]},
    "a content that is not there": lambda parts: {**parts, "model.onnx": ["0" * 64, 3]},
}


@pytest.mark.parametrize("shared", [False, True], ids=["own", "shared"])
@pytest.mark.parametrize("forged", FORGED)
def test_a_forged_result_is_none(
    mlbuild: Command, home: Home, monkeypatch: pytest.MonkeyPatch, forged: str, shared: bool
) -> None:
    """Even if the forger can write to the store, like all users of a shared one."""
    if shared:
        monkeypatch.setenv("MLBUILD_CACHE_DIR", str(home.folder / "author/cache"))
        assert mlbuild("build").code == 0
    mlbuild.folder = mlbuild.folder.rename(home.project)
    if shared:
        monkeypatch.setenv("MLBUILD_CACHE_DIR", str(home.project / "cache"))
    clean, before = shipped(home.project), home.state()
    store = open_store(home.project)
    record = find_record(store.local, "publish:one")
    assert record is not None
    action = store.actions.get(record.key)
    store.actions.record(record.key, {**action, "parts": FORGED[forged](action["parts"])}, replace=True)
    shutil.rmtree(home.project / "dist")
    assert "RUN     publish:one" in mlbuild("plan").out
    for words in ("status", "why publish:one", "gc", "store verify"):
        assert mlbuild(*words.split()).code in (0, 6)
    done = mlbuild("build")
    assert done.code == 0, done.err
    assert (shipped(home.project), home.state()) == (clean, before)
