"""Files are hashed when something about them has changed, and only then."""

from __future__ import annotations

import hashlib
import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from mlbuild.engine.decide.files import Digests, LocalFile, name_in
from mlbuild.engine.store.store import DiskStore
from tests.engine.memory import memory_store

HOUR = 3600 * 10**9


A = LocalFile(Path("a.txt"), "a.txt")


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock is an hour ahead of the files."""
    now = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: now() + HOUR)


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record the files that are read completely."""
    names: list[str] = []
    original = hashlib.file_digest

    def noted(file: Any, name: Any) -> Any:
        names.append(Path(file.name).name)
        return original(file, name)

    monkeypatch.setattr(hashlib, "file_digest", noted)
    return names


def test_an_unchanged_file_is_hashed_once(tmp_path: Path, later: None, hashed: list[str]) -> None:
    (tmp_path / "a.txt").write_text("one")
    store = memory_store(tmp_path)
    for _ in range(3):
        outside = Digests(store.local, tmp_path)
        assert outside.digest(A) == outside.digest(LocalFile(tmp_path / "a.txt", "a.txt")) == digest("one")
        outside.save()
    assert hashed == ["a.txt"]


@pytest.mark.parametrize("change", ["content", "size", "time", "inode"])
def test_any_change_is_a_reason_to_hash_again(
    tmp_path: Path, later: None, hashed: list[str], change: str
) -> None:
    path = tmp_path / "a.txt"
    path.write_text("one")
    stat = path.stat()
    outside = Digests(memory_store(tmp_path).local, tmp_path)
    outside.digest(A)
    text = "two" if change in ("content", "inode") else "three" if change == "size" else "one"
    if change == "inode":
        (tmp_path / "b.txt").write_text(text)
        (tmp_path / "b.txt").rename(path)
    else:
        path.write_text(text)
    time_ns = stat.st_mtime_ns - HOUR if change == "time" else stat.st_mtime_ns
    os.utime(path, ns=(time_ns, time_ns))
    assert outside.digest(A) == digest(text)
    assert len(hashed) == 2


def test_a_file_as_young_as_its_hash_is_hashed_again(tmp_path: Path, hashed: list[str]) -> None:
    (tmp_path / "a.txt").write_text("one")
    future = time.time_ns() + HOUR
    os.utime(tmp_path / "a.txt", ns=(future, future))
    outside = Digests(memory_store(tmp_path).local, tmp_path)
    outside.digest(A)
    outside.digest(A)
    assert hashed == ["a.txt", "a.txt"]


def test_what_is_no_file_has_no_digest(tmp_path: Path) -> None:
    outside = Digests(memory_store(tmp_path).local, tmp_path)
    assert all(outside.digest(LocalFile(Path(name), name)) is None for name in (".", "nowhere", "a/b/c"))


def test_files_are_called_relative_to_the_project(tmp_path: Path) -> None:
    project = tmp_path / "project"
    assert name_in(project, project / "data" / "ä b.csv") == "data/ä b.csv"
    beside = tmp_path / "beside" / "x.csv"
    assert name_in(project, Path("../beside/x.csv")) == name_in(project, beside) == "../beside/x.csv"


@pytest.mark.parametrize(
    "note",
    [
        *(None, [], 3, {"a.txt": None}, {"a.txt": [1, 2]}, {"a.txt": ["x"] * 3}),
        *({"a.txt": [[0], HOUR, 5]}, {"a.txt": [[None], HOUR, "x"]}, {"a.txt": [{}, HOUR, "x"]}),
    ],
)
def test_a_foreign_note_is_no_memory(tmp_path: Path, note: object) -> None:
    (tmp_path / "a.txt").write_text("one")
    store = memory_store(tmp_path)
    store.local.keep_note("stat", note)
    assert Digests(store.local, tmp_path).digest(A) == digest("one")


@pytest.mark.parametrize("keep", [0, 1, 40, -1])
def test_a_truncated_memory_is_none(tmp_path: Path, later: None, hashed: list[str], keep: int) -> None:
    (tmp_path / "a.txt").write_text("one")
    outside = Digests(DiskStore.at(tmp_path).local, tmp_path)
    outside.digest(A)
    outside.save()
    path = tmp_path / ".mlbuild" / "stat.json"
    assert json.loads(path.read_text())["body"]["a.txt"][2] == digest("one")
    path.write_bytes(path.read_bytes()[:keep])
    assert Digests(DiskStore.at(tmp_path).local, tmp_path).digest(A) == digest("one")
    assert len(hashed) == 2
