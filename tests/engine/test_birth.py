"""The creation time of a file is available, and nothing that a user or a tool does changes it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from mlbuild.engine.store import birth
from mlbuild.engine.store.birth import born


def archived(file: Path) -> Path:
    folder = file.with_name("unpacked")
    folder.mkdir()
    subprocess.run(["tar", "-cpf", "a.tar", file.name], cwd=file.parent, check=True)
    subprocess.run(["tar", "-xpf", "../a.tar"], cwd=folder, check=True)
    return folder / file.name


def copied(file: Path) -> Path:
    return Path(shutil.copy2(file, file.with_name("copy")))


def cloned(file: Path) -> Path:
    def git(*words: str) -> None:
        subprocess.run(
            ["git", "-c", "user.name=a", "-c", "user.email=a@b", *words], cwd=file.parent, check=True
        )

    git("init", "-q")
    git("add", file.name)
    git("commit", "-qm", "x")
    git("clone", "-q", ".", "clone")
    return file.with_name("clone") / file.name


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "file"
    made.touch()
    os.utime(made, (0, 0))
    return made


@pytest.mark.parametrize("copy", [copied, archived, cloned])
def test_a_copy_is_another_file_and_no_older(file: Path, copy: Callable[[Path], Path]) -> None:
    made = copy(file)
    assert born(str(made)) >= born(str(file)) > file.stat().st_mtime_ns
    assert made.stat().st_ino != file.stat().st_ino


@pytest.mark.parametrize("change", ["touch", "chmod", "chown", "write", "link", "move"])
def test_nothing_that_is_done_to_a_file_changes_it(file: Path, change: str) -> None:
    """If the file system records it. Otherwise such a change is visible, and the folder counts as a copy."""
    before, known = born(str(file)), birth._number(birth._statx()(str(file))[birth._KNOWN]) & birth._BIRTH
    match change:
        case "touch":
            file.touch()
        case "chmod":
            file.chmod(0o600)
        case "chown":
            os.chown(file, os.getuid(), os.getgid())
        case "write":
            file.write_text("x")
        case "link":
            file.with_name("link").hardlink_to(file)
        case _:
            file = file.rename(file.with_name("moved"))
    assert born(str(file)) == before or not known


def test_without_it_the_last_change_counts(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(birth, "_statx", lambda: lambda path: bytes(256))
    assert born(str(file)) == file.stat().st_ctime_ns


def test_what_is_not_there_has_none(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        born(str(tmp_path / "nothing"))
