"""An audit finds every damaged file of a store, and nothing else."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mlbuild.engine.decide.records import find_record
from mlbuild.engine.graph import Task
from mlbuild.engine.store.audit import audit, remove_damaged
from mlbuild.engine.store.store import DiskStore
from tests.engine.tasks import Project, text_task


def chain() -> list[Task]:
    return [text_task("a", "a"), text_task("b", "b", "a/out"), text_task("c", "c", "b/out")]


def files(store: DiskStore) -> list[Path]:
    """Return everything that an audit reads."""
    notes = list(store.own.path.rglob("*.json"))
    return [*store.files("cas"), *store.files("ac"), *notes]


def test_a_store_is_sound_after_a_build(on_disk: Project) -> None:
    on_disk.build(chain())
    store = DiskStore.at(on_disk.root)
    found = audit(store)
    codes = {record.ingredients.code for name in "abc" if (record := find_record(store.local, name))}
    notes = ["a", "b", "c", "times", "scans", "reached", *codes]
    assert (found.contents, found.actions, found.notes) == (3, 3, len(notes))
    assert (found.damaged, found.incomplete) == ((), 0)
    assert found.size == sum(path.stat().st_size for path in files(store))


def test_no_store_is_sound(tmp_path: Path) -> None:
    assert audit(DiskStore.at(tmp_path)).damaged == ()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "folder"])
def test_each_damaged_file_is_found_and_the_next_build_is_right(on_disk: Project, damage: str) -> None:
    first = on_disk.build(chain())
    store = DiskStore.at(on_disk.root)
    for path in files(store):
        spoil(path, damage)
        found = audit(store)
        assert found.damaged == (path,)
        assert path.exists()
        remove_damaged(store, found)
        assert audit(store).damaged == () and not path.exists()
        assert on_disk.content(on_disk.build(chain()), "c") == "c b a"
    assert audit(store).incomplete == 0
    assert on_disk.build(chain()).actions["c"].parts == first.actions["c"].parts


def test_results_whose_contents_are_gone_are_counted(on_disk: Project) -> None:
    result = on_disk.build(chain())
    store = DiskStore.at(on_disk.root)
    store.contents.path(result.actions["a"].digests["out"]).unlink()
    assert (audit(store).incomplete, audit(store).damaged) == (1, ())


def test_what_does_not_belong_there_is_damage(on_disk: Project) -> None:
    on_disk.build(chain())
    store = DiskStore.at(on_disk.root)
    for path in (store.files("cas")[0].with_name("notes.txt"), store.files("ac")[0].with_name("x")):
        path.write_text("mine")
        assert audit(store).damaged == (path,)
        path.unlink()


def spoil(path: Path, damage: str) -> None:
    content = path.read_bytes()
    path.unlink()
    match damage:
        case "flip":
            path.write_bytes(bytes([*content[:-2], content[-2] ^ 1, *content[-1:]]) if content[1:] else b"?")
        case "cut":
            path.write_bytes(content[:-1])
        case "empty":
            path.write_bytes(b"")
        case "folder":
            path.mkdir()


def test_a_moved_result_is_damage(on_disk: Project) -> None:
    on_disk.build(chain())
    store = DiskStore.at(on_disk.root)
    moved = store.own.path / "cas" / "zz" / store.files("cas")[0].name
    moved.parent.mkdir()
    shutil.copy(store.files("cas")[0], moved)
    assert audit(store).damaged == (moved,)
