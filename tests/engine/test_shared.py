"""Contents and actions can be shared, as with a service for several machines. What is only local cannot, and need not be."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from mlbuild.engine.canonical import digest
from mlbuild.engine.store.actions import LayeredActions
from mlbuild.engine.store.contents import DiskContents, LayeredContents
from mlbuild.engine.store.folder import Folder
from mlbuild.engine.store.store import DiskStore, Store
from tests.engine.memory import MemoryActions, MemoryContents, memory_store
from tests.engine.tasks import Project, text_task

TASKS = [text_task("a", "a"), text_task("b", "b", "a/out"), text_task("c", "c", "b/out", exports="dist")]


def behind(root: Path, contents: MemoryContents, actions: MemoryActions) -> Store:
    """Return a store on disk that also reads what others share."""
    own = DiskStore.at(root)
    return Store(
        LayeredContents(own.contents, contents),
        LayeredActions(own.actions, actions),
        own.local,
    )


@pytest.fixture
def contents(tmp_path: Path) -> MemoryContents:
    return MemoryContents(Folder(tmp_path / "service", "service"))


def test_a_second_machine_reuses_what_the_first_one_made(tmp_path: Path, contents: MemoryContents) -> None:
    shared = MemoryActions()
    one = Project(tmp_path / "one", Store(contents, shared, memory_store(tmp_path / "one").local))
    assert one.build(TASKS).ran == ("a", "b", "c")
    other = Project(tmp_path / "other", behind(tmp_path / "other", contents, shared))
    result = other.build([*TASKS, text_task("d", "d", "c/out")])
    assert (result.reused, result.restored, result.ran) == (("a", "b"), ("c",), ("d",))
    assert other.content(result, "d") == "d c b a"
    assert (other.root / "dist" / "out").read_text() == "c b a"
    assert {*contents.contents} == {digest(text.encode()) for text in ("a", "b a", "c b a")}


def test_what_others_share_in_vain_is_made_again(tmp_path: Path, contents: MemoryContents) -> None:
    """A service that lost a content, or gives back another one, costs time and nothing else."""
    shared = MemoryActions()
    one = Project(tmp_path / "one", Store(contents, shared, memory_store(tmp_path / "one").local))
    one.build(TASKS)
    del contents.contents[digest(b"a")]
    contents.contents[digest(b"b a")] = b"forged"
    other = Project(tmp_path / "other", behind(tmp_path / "other", contents, shared))
    result = other.build([*TASKS[:2], text_task("d", "d", "b/out")])
    assert other.content(result, "d") == "d b a"
    assert {"a", "b", "d"} >= {*result.ran} >= {"b", "d"}


def test_layers_are_written_only_in_front(tmp_path: Path, contents: MemoryContents) -> None:
    shared = MemoryActions()
    key = digest(b"key")
    behind_it = contents.put(b"far")
    shared.record(key, {"n": 1})
    store = behind(tmp_path, contents, shared)
    near = store.contents.put(b"near")
    assert {*contents.contents} == {behind_it}
    assert [store.contents.get(one) for one in (near, behind_it)] == [b"near", b"far"]
    assert [store.contents.size(one) for one in (near, behind_it)] == [4, 3]
    assert store.contents.verify(behind_it) and store.contents.path(behind_it).read_bytes() == b"far"
    assert store.actions.get(key) == {"n": 1}
    assert store.actions.record(key, {"n": 2}) and store.actions.get(key) == {"n": 2}
    assert shared.get(key) == {"n": 1}


def test_a_worker_gets_only_the_contents(tmp_path: Path) -> None:
    """They can be sent to another process, and see what that one stores."""
    here = DiskStore.at(tmp_path).contents
    there = pickle.loads(pickle.dumps(here))
    assert isinstance(there, DiskContents)
    assert here.get(there.put(b"made there")) == b"made there"
