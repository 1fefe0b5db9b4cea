"""What is stored is read back unchanged, or not at all."""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path

import pytest

from mlbuild.engine.canonical import digest
from mlbuild.engine.store.store import DiskStore, Store
from tests.engine.memory import memory_store


@pytest.fixture(params=[memory_store, DiskStore.at])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    made: Store = request.param(tmp_path)
    return made


def test_contents_are_found_by_digest(store: Store, tmp_path: Path) -> None:
    name = store.contents.put(b"hello")
    assert name == digest(b"hello")
    assert (store.contents.get(name), store.contents.size(name), store.contents.verify(name)) == (
        b"hello",
        5,
        True,
    )
    assert store.contents.path(name).read_bytes() == b"hello"
    assert (store.contents.get("0" * 64), store.contents.size("0" * 64), store.contents.verify("0" * 64)) == (
        None,
        None,
        False,
    )
    assert store.contents.put(b"") == digest(b"") and store.contents.get(digest(b"")) == b""


def test_a_file_is_moved_in(store: Store) -> None:
    path = store.contents.scratch() / "part"
    path.write_bytes(b"content")
    name = store.contents.put_file(path)
    assert store.contents.get(name) == b"content" and not path.exists()


def test_the_first_record_of_a_key_stands(store: Store) -> None:
    key = digest(b"key")
    assert store.actions.get(key) is None
    assert store.actions.record(key, {"n": 1}) and not store.actions.record(key, {"n": 2})
    assert store.actions.get(key) == {"n": 1}
    assert store.actions.record(key, {"n": 3}, replace=True) and store.actions.get(key) == {"n": 3}


@pytest.mark.parametrize(
    "name", ["stat", "tasks/dataset:a/b", "tasks/../../x", "tasks/" + "ä" * 300, "tasks/CON.é"]
)
def test_notes_have_any_name(store: Store, tmp_path: Path, name: str) -> None:
    assert store.local.note(name) is None
    store.local.keep_note(name, [float("inf"), "ä"])
    store.local.keep_note(name, [1, "ö"])
    assert store.local.note(name) == [1, "ö"]
    assert {path.name for path in tmp_path.iterdir()} <= {".mlbuild"}


def test_a_content_with_a_changed_byte_is_dropped(tmp_path: Path) -> None:
    store = DiskStore.at(tmp_path)
    for read in (store.contents.get, store.contents.verify):
        name = store.contents.put(b"hello")
        store.contents.path(name).chmod(0o644)
        store.contents.path(name).write_bytes(b"jello")
        assert store.contents.size(name) == 5
        assert not read(name)
        assert store.contents.size(name) is None
        assert store.contents.put(b"hello") == name and store.contents.get(name) == b"hello"


def test_contents_are_read_only(tmp_path: Path) -> None:
    store = DiskStore.at(tmp_path)
    file = store.contents.scratch() / "part"
    file.write_bytes(b"moved")
    for name in (store.contents.put(b"put"), store.contents.put_file(file)):
        assert store.contents.path(name).stat().st_mode & 0o222 == 0


def test_writing_again_repairs(tmp_path: Path) -> None:
    store = DiskStore.at(tmp_path)
    name = store.contents.put(b"hello")
    store.contents.path(name).chmod(0o644)
    store.contents.path(name).write_bytes(b"jello")
    store.contents.put(b"hello")
    assert store.contents.get(name) == b"hello"


def test_an_action_that_is_damaged_in_any_byte_is_none(tmp_path: Path) -> None:
    store = DiskStore.at(tmp_path)
    key = digest(b"key")
    store.actions.record(key, {"parts": {"out": ["ab", 1]}})
    path = tmp_path / ".mlbuild" / "ac" / key[:1] / key
    whole = path.read_bytes()
    assert json.loads(whole)["body"] == {"parts": {"out": ["ab", 1]}}
    for index in range(len(whole)):
        path.write_bytes(whole[:index])
        assert store.actions.get(key) is None
        path.write_bytes(whole[:index] + bytes([whole[index] ^ 1]) + whole[index + 1 :])
        assert store.actions.get(key) is None
    assert store.actions.record(key, {"n": 2}) and store.actions.get(key) == {"n": 2}


def test_the_folder_is_ignored_and_marked_as_a_cache(tmp_path: Path) -> None:
    DiskStore.at(tmp_path).contents.put(b"hello")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    status = subprocess.run(["git", "status", "--porcelain"], cwd=tmp_path, check=True, capture_output=True)
    assert status.stdout == b""
    assert (
        (tmp_path / ".mlbuild" / "CACHEDIR.TAG")
        .read_text()
        .startswith("Signature: 8a477f597d28d172789f06886806bc55")
    )


def test_reading_makes_no_folder(tmp_path: Path) -> None:
    store = DiskStore.at(tmp_path)
    assert store.local.note("stat") is store.actions.get("0" * 64) is store.contents.size("0" * 64) is None
    store.local.sweep()
    assert list(tmp_path.iterdir()) == []


def test_only_old_leftovers_are_swept(tmp_path: Path) -> None:
    store = DiskStore.at(tmp_path)
    old, young, swap = (
        store.contents.scratch(),
        store.contents.scratch(),
        store.local.swap_folder("dist/late"),
    )
    swap.mkdir()
    file, mine = old.with_name(f"{old.name}0"), old.with_name("mine")
    two_days_ago = time.time() - 2 * 86400
    for path in (file, mine):
        path.write_bytes(b"half")
    for path in (old, swap, file, mine):
        os.utime(path, (two_days_ago, two_days_ago))
    store.local.sweep()
    paths = (old, file, young, swap, mine)
    assert [path.exists() for path in paths] == [False, False, True, True, True]
