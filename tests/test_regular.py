"""Anything that is not a regular file of a reasonable size is refused immediately, wherever a project can put it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from mlbuild.regular import SPEC_LIMIT, Irregular, open_regular, read_regular

#: What a repository, or someone who unpacked it, can put in the place of a file.
IRREGULAR: dict[str, Callable[[Path], None]] = {
    "pipe": os.mkfifo,
    "device": lambda path: path.symlink_to("/dev/zero"),
    "terminal": lambda path: path.symlink_to("/dev/tty"),
    "kernel log": lambda path: path.symlink_to("/proc/kmsg"),
    "page map": lambda path: path.symlink_to("/proc/self/pagemap"),
    "environment": lambda path: path.symlink_to("/proc/self/environ"),
    "system setting": lambda path: path.symlink_to("/sys/kernel/mm/transparent_hugepage/enabled"),
    "link to a link": lambda path: linked_twice(path, "/dev/zero"),
}


def linked_twice(path: Path, target: str) -> None:
    (path.parent / "between").symlink_to(target)
    path.symlink_to("between")


@pytest.mark.parametrize("kind", IRREGULAR)
def test_only_regular_files_are_opened(tmp_path: Path, kind: str) -> None:
    IRREGULAR[kind](tmp_path / "file")
    if (tmp_path / "file").exists():
        for read in (open_regular, lambda path: read_regular(path, SPEC_LIMIT)):
            with pytest.raises(Irregular, match="not a regular file"):
                read(tmp_path / "file")


def test_a_folder_and_a_file_that_is_too_large_are_named(tmp_path: Path) -> None:
    with pytest.raises(Irregular, match="a folder, not a file"):
        open_regular(tmp_path)
    with (tmp_path / "large").open("wb") as file:
        file.truncate(SPEC_LIMIT + 1)
    with pytest.raises(Irregular, match="larger than 50 MB"):
        open_regular(tmp_path / "large", SPEC_LIMIT)
    open_regular(tmp_path / "large").close()


@pytest.mark.parametrize("content", [b"", b"x", b"x" * 100_000])
def test_regular_files_and_links_to_them_are_read_whole(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    (tmp_path / "link").symlink_to("file")
    assert read_regular(tmp_path / "file", len(content)) == content
    assert read_regular(str(tmp_path / "link"), SPEC_LIMIT) == content


def test_shared_memory_holds_regular_files() -> None:
    file = Path(f"/dev/shm/mlbuild-test-{os.getpid()}")
    file.write_bytes(b"rows")
    try:
        assert read_regular(file, SPEC_LIMIT) == b"rows"
    finally:
        file.unlink()
