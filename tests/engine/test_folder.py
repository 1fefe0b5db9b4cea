"""A folder of generated files: each is whole, what is in the way gives way, and what cannot be written is told."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mlbuild.diagnostics import Unwritable
from mlbuild.engine.folder import Folder
from mlbuild.engine.store import DiskStore


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "cache", "the cache")


def test_a_file_is_written_in_place_of_another(folder: Folder) -> None:
    path = folder.path / "a" / "b" / "c"
    for content in (b"one", b"two"):
        folder.write(path, content)
        assert path.read_bytes() == content
    assert list(folder.leftovers()) == []


def test_only_the_first_is_added(folder: Folder) -> None:
    path = folder.path / "a" / "b"
    assert folder.add(path, b"one") and not folder.add(path, b"two")
    assert path.read_bytes() == b"one" and list(folder.leftovers()) == []


def test_a_file_system_without_links_will_do(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    def unable(*_: object) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", unable)
    test_only_the_first_is_added(folder)


@pytest.mark.parametrize("write", [Folder.write, Folder.add])
def test_a_file_in_place_of_a_folder_gives_way(
    folder: Folder, write: Callable[[Folder, Path, bytes], object]
) -> None:
    folder.write(folder.path / "a", b"in the way")
    write(folder, folder.path / "a" / "b" / "c", b"one")
    assert (folder.path / "a" / "b" / "c").read_bytes() == b"one"


def test_a_folder_in_place_of_a_file_gives_way(folder: Folder) -> None:
    folder.write(folder.path / "a" / "b", b"in the way")
    folder.write(folder.path / "a", b"one")
    assert (folder.path / "a").read_bytes() == b"one"


def test_a_file_in_place_of_the_temporary_folder_gives_way(folder: Folder) -> None:
    folder.path.mkdir()
    (folder.path / "tmp").write_text("in the way")
    folder.write(folder.path / "a", b"one")
    assert (folder.path / "a").read_bytes() == b"one"


def test_a_file_of_other_people_does_not_give_way(folder: Folder) -> None:
    folder.path.write_text("mine")
    with pytest.raises(Unwritable, match="cannot write 'the cache': file exists"):
        folder.write(folder.path / "a", b"one")
    with pytest.raises(Unwritable, match="cannot write 'the cache': file exists"):
        folder.scratch()
    assert folder.path.read_text() == "mine"


def test_it_is_known_by_its_tag_or_by_what_it_keeps(folder: Folder) -> None:
    assert not folder.foreign("a", "b")
    folder.write(folder.path / "a", b"one")
    assert not folder.foreign("a", "b")
    tag = folder.path / "CACHEDIR.TAG"
    for content in (b"", tag.read_bytes()[:20]):  # it is being written
        tag.write_bytes(content)
        assert not folder.foreign("a", "b")
    tag.write_bytes(b"of something else")
    assert folder.foreign("a", "b")
    folder.write(folder.path / "b", b"two")
    assert not folder.foreign("a", "b")
    folder.mark()
    assert Folder(folder.path, "the cache", "another thing").foreign("x")


@pytest.mark.parametrize(("name", "foreign"), [("tmp", True), ("mine.txt", True), (".gitignore", False)])
def test_a_folder_in_which_something_was_before_is_another_one(
    folder: Folder, name: str, foreign: bool
) -> None:
    folder.path.mkdir()
    (folder.path / name).write_text("mine")
    assert folder.foreign("a", "b") is foreign


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EDQUOT])
def test_what_cannot_be_written_leaves_the_former_file_and_no_other(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    folder.write(folder.path / "a", b"one")

    def unable(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", unable)
        with pytest.raises(Unwritable) as found:
            folder.write(folder.path / "a", b"two")
    assert str(found.value) == f"cannot write 'the cache': {os.strerror(code).lower()}"
    assert (folder.path / "a").read_bytes() == b"one" and list(folder.leftovers()) == []


def test_a_disk_that_is_full_is_told(tmp_path: Path) -> None:
    """A limit on the size of files stands for the end of the disk: the system cuts off the write."""
    program = f"""
import resource
from pathlib import Path
from mlbuild.diagnostics import Unwritable
from mlbuild.engine.store import DiskStore

store = DiskStore(Path({str(tmp_path)!r}))
kept = store.put(b"small")
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    store.put(b"x" * 5000)
except Unwritable as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("cannot write '.mlbuild': file too large\n", "")
    store = DiskStore(tmp_path)
    assert [path.read_bytes() for path in store.files("cas")] == [b"small"]
    assert list(store.own.leftovers()) == []


def test_what_another_process_has_mended_is_not_dropped(folder: Folder) -> None:
    path = folder.path / "a"
    folder.write(path, b"damaged")
    found = path.stat()
    folder.write(path, b"mended")
    folder.drop(path, (found.st_ino, found.st_ctime_ns))
    assert path.read_bytes() == b"mended"
