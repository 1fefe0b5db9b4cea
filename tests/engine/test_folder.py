"""A folder of generated files: each is complete, what is in the way is moved, and what cannot be written is
reported.
"""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mlbuild.diagnostics import Unwritable
from mlbuild.engine.store.folder import Folder
from mlbuild.engine.store.kept import identity
from mlbuild.engine.store.store import DiskStore


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


@pytest.mark.parametrize("name", ["tmp", "a", "a/b", "a/b/c"])
@pytest.mark.parametrize("put", [Path.mkdir, os.mkfifo, Path.write_text, Path.symlink_to])
def test_what_is_in_the_way_is_set_aside(folder: Folder, name: str, put: Callable[..., object]) -> None:
    """Everything, except a file, a pipe or a link in the place of a file, which is replaced."""
    path, place = folder.path / name, folder.path / "a" / "b" / "c"
    path.parent.mkdir(parents=True)
    put(path, *{Path.write_text: ["mine"], Path.symlink_to: ["nothing"]}.get(put, []))
    was = path.lstat().st_ino
    folder.write(place, b"one")
    assert place.read_bytes() == b"one"
    aside = [*(folder.path / "aside").iterdir()] if (folder.path / "aside").exists() else []
    replaced = path == place and put is not Path.mkdir
    kept = put is Path.mkdir and path != place
    assert [one.lstat().st_ino for one in aside] == ([] if replaced or kept else [was])


@pytest.mark.parametrize("name", ["tmp/mine", "tmp/0123456789ab-1-1-mine", "mine", "a/mine", "aside/mine"])
def test_nothing_of_a_name_that_is_not_ours_is_removed(folder: Folder, name: str) -> None:
    folder.write(folder.path / "a" / "b", b"one")
    path = folder.path / name
    path.mkdir(parents=True)
    (path / "mine.txt").write_text("mine")
    os.utime(path, (0, 0))
    folder.sweep()
    assert path.is_dir()
    folder.discard(path)
    folder.drop(path, identity(path))
    (kept,) = folder.path.rglob("mine.txt")
    assert kept.read_text() == "mine"


def test_a_leftover_is_removed_with_what_is_in_it_but_links_are_not_followed(folder: Folder) -> None:
    left, mine = folder.scratch(), folder.path.parent / "mine"
    mine.mkdir()
    (mine / "mine.txt").write_text("mine")
    (left / "inner").mkdir()
    (left / "inner" / "link").symlink_to(mine)
    link = left.with_name(f"{left.name}1")
    link.symlink_to(mine)
    for path in (left, link):
        os.utime(path, (0, 0), follow_symlinks=False)
    folder.sweep()
    assert not left.exists() and not link.is_symlink() and (mine / "mine.txt").exists()


def fill(folder: Folder) -> list[Path]:
    """Write every kind of file; return all of them."""
    with folder.lock(lambda holder: None):
        folder.write(folder.path / "a" / "b", b"one")
        folder.write(folder.path / "c" / "fixed", b"one", fixed=True)
        folder.add(folder.path / "d" / "e", b"one")
        file = folder.scratch() / "file"
        file.write_bytes(b"one")
        folder.take(file, folder.path / "c" / "taken")
        folder.mark()
    return [*folder.path.rglob("*")]


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_a_private_folder_is_its_owner_s_alone(folder: Folder, mask: int) -> None:
    before = os.umask(mask)
    try:
        found = fill(folder)
    finally:
        os.umask(before)
    modes = {path.relative_to(folder.path).as_posix(): path.stat().st_mode & 0o7777 for path in found}
    fixed = {"c/fixed", "c/taken"}
    for name, mode in modes.items():
        wanted = 0o700 if (folder.path / name).is_dir() else 0o400 if name in fixed else 0o600
        assert mode == wanted, name
    assert fixed < modes.keys() and folder.path.stat().st_mode & 0o7777 == 0o700


def test_a_folder_that_others_may_enter_becomes_private(folder: Folder) -> None:
    folder.path.mkdir(mode=0o755)
    fill(folder)
    assert folder.path.stat().st_mode & 0o777 == 0o700
    folder.path.chmod(0o755)
    folder.mark()
    assert folder.path.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("mode", [0o700, 0o750, 0o755, 0o2770, 0o2775, 0o1777])
@pytest.mark.parametrize("mask", [0o022, 0o077])
def test_what_is_in_any_other_folder_has_its_permissions(tmp_path: Path, mode: int, mask: int) -> None:
    folder = Folder(tmp_path / "cache", "the cache", private=False)
    folder.path.mkdir()
    folder.path.chmod(mode)
    before = os.umask(mask)
    try:
        found = fill(folder)
    finally:
        os.umask(before)
    for path in found:
        if path.is_dir() and path.parent.name != "tmp":
            assert path.stat().st_mode & 0o7777 == mode
        elif path.is_file():
            assert path.stat().st_mode & 0o7777 == mode & (0o444 if path.parent.name == "c" else 0o666)
        assert path.stat().st_gid == folder.path.stat().st_gid


def test_a_new_folder_is_private_until_its_owner_says_otherwise(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "new" / "cache", "the cache", private=False)
    fill(folder)
    assert folder.path.stat().st_mode & 0o777 == 0o700


def test_a_file_of_other_people_does_not_give_way(folder: Folder) -> None:
    folder.path.write_text("mine")
    with pytest.raises(Unwritable, match="cannot write 'the cache': file exists"):
        folder.write(folder.path / "a", b"one")
    with pytest.raises(Unwritable, match="cannot write 'the cache': file exists"):
        folder.scratch()
    assert folder.path.read_text() == "mine"


def test_it_is_known_by_its_tag_or_by_what_it_keeps(folder: Folder) -> None:
    assert not folder.marks.foreign("a", "b")
    folder.write(folder.path / "a", b"one")
    assert not folder.marks.foreign("a", "b")
    tag = folder.path / "CACHEDIR.TAG"
    for content in (b"", tag.read_bytes()[:20]):  # it is being written
        tag.write_bytes(content)
        assert not folder.marks.foreign("a", "b")
    tag.write_bytes(b"of something else")
    assert folder.marks.foreign("a", "b")
    folder.write(folder.path / "b", b"two")
    assert not folder.marks.foreign("a", "b")
    folder.mark()
    assert Folder(folder.path, "the cache", "another thing").marks.foreign("x")


@pytest.mark.parametrize(("name", "foreign"), [("tmp", True), ("mine.txt", True), (".gitignore", False)])
def test_a_folder_in_which_something_was_before_is_another_one(
    folder: Folder, name: str, foreign: bool
) -> None:
    folder.path.mkdir()
    (folder.path / name).write_text("mine")
    assert folder.marks.foreign("a", "b") is foreign


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
    """A limit on the size of files simulates a full disk: the system cuts off the write."""
    program = f"""
import resource
from pathlib import Path
from mlbuild.diagnostics import Unwritable
from mlbuild.engine.store.store import DiskStore

store = DiskStore.at(Path({str(tmp_path)!r}))
kept = store.contents.put(b"small")
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    store.contents.put(b"x" * 5000)
except Unwritable as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("cannot write '.mlbuild': file too large\n", "")
    store = DiskStore.at(tmp_path)
    assert [path.read_bytes() for path in store.files("cas")] == [b"small"]
    assert list(store.own.leftovers()) == []


def test_what_another_process_has_mended_is_not_dropped(folder: Folder) -> None:
    path = folder.path / "a"
    folder.write(path, b"damaged")
    found = path.stat()
    folder.write(path, b"mended")
    folder.drop(path, (found.st_ino, found.st_ctime_ns))
    assert path.read_bytes() == b"mended"


@pytest.mark.parametrize("write", [Folder.write, Folder.add])
def test_folders_that_others_replace_meanwhile_delay_a_file_only(
    folder: Folder, write: Callable[[Folder, Path, bytes], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another user's folder can replace a new one as long as it is empty: then the old one takes no more files."""
    name = {Folder.write: "replace", Folder.add: "link"}[write]
    real, replaced = getattr(os, name), iter(range(3))

    def place(*args: object) -> None:
        if next(replaced, None) is not None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        real(*args)

    monkeypatch.setattr(os, name, place)
    write(folder, folder.path / "a" / "b", b"one")
    assert (folder.path / "a" / "b").read_bytes() == b"one" and next(replaced, None) is None
