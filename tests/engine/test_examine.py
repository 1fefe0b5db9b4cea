"""A folder is used only if nothing leads out of it, and if it belongs to mlbuild."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlbuild.diagnostics import Unreadable, Unusable
from mlbuild.engine.store.examine import examine
from mlbuild.engine.store.folder import Folder


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "cache", "the cache")


@pytest.mark.parametrize("name", ["x", "a/x", "b/x"])
def test_a_link_in_it_is_found(folder: Folder, name: str) -> None:
    examine(folder, "abc", (), "")
    folder.write(folder.path / "a" / "0" / "file", b"one")
    folder.write(folder.path / "b" / "file", b"one")
    examine(folder, "abc", (), "")
    (folder.path / name).symlink_to("nothing")
    with pytest.raises(Unusable, match=f"cannot use 'the cache': it contains the symlink '{name}'"):
        examine(folder, "abc", (), "")


@pytest.mark.parametrize("private", [True, False])
def test_only_a_private_folder_may_be_no_link(tmp_path: Path, private: bool) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    folder = Folder(tmp_path / "link", "the cache", private=private)
    if private:
        with pytest.raises(Unusable, match="cannot use 'the cache': it is a symlink"):
            examine(folder, (), (), "")
    else:
        examine(folder, (), (), "")
        folder.write(folder.path / "a", b"one")
        assert (tmp_path / "real" / "a").read_bytes() == b"one"


def test_a_folder_of_others_is_told_with_what_to_do(folder: Folder) -> None:
    examine(folder, (), ("a",), "move them")
    folder.path.mkdir()
    examine(folder, (), ("a",), "move them")
    (folder.path / "mine.txt").touch()
    with pytest.raises(
        Unusable, match="cannot use 'the cache': it contains files that mlbuild did not write"
    ) as found:
        examine(folder, (), ("a",), "move them")
    assert found.value.help == "move them"
    (folder.path / "a").touch()
    examine(folder, (), ("a",), "move them")


def test_a_folder_that_may_not_be_seen_is_told(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("os.scandir", refuse)
    with pytest.raises(Unreadable, match="cannot read 'the cache': permission denied"):
        examine(folder, (), (), "")
