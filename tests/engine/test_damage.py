"""Whatever is damaged in the store: commands do not crash, and the next build is correct."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from mlbuild.diagnostics import Unusable
from mlbuild.engine.decide.reasons import Reason
from mlbuild.engine.decide.records import find_record
from mlbuild.engine.decide.stale import Stale
from mlbuild.engine.execution.events import NonDeterministic, TaskReused, TaskStarted
from mlbuild.engine.graph import Task
from mlbuild.engine.store.contents import DiskContents
from mlbuild.engine.store.store import DiskStore
from tests.engine.tasks import Project, text_task, unsteady


def chain(text: str = "c") -> list[Task]:
    return [text_task("a", "a"), text_task("b", "b", "a/out"), text_task("c", text, "b/out", exports="dist")]


def spoil(path: Path, content: bytes | None = None) -> None:
    """Invert the first byte, which keeps the size."""
    path.chmod(0o644)
    whole = path.read_bytes()
    path.write_bytes(bytes([whole[0] ^ 1]) + whole[1:] if content is None else content)


def part(project: Project, task: str) -> Path:
    """Return the file with the part `out` of a task."""
    result = project.build(chain())
    return project.store.contents.path(result.actions[task].parts["out"].digest)


def test_a_damaged_input_is_made_again_before_it_is_read(on_disk: Project) -> None:
    spoil(part(on_disk, "b"))
    result = on_disk.build(chain("C"))
    assert result.ran == ("b", "c") and on_disk.content(result, "c") == "C b a"
    assert on_disk.reasons("b") == [Reason("result missing", "b", "out")]


def test_damage_found_late_repeats_neither_work_nor_words(on_disk: Project) -> None:
    early = text_task("aa", "x")
    spoil(part(on_disk, "b"))
    result = on_disk.build([early, *chain()], {"aa", "c"}, force=True)
    assert [event.task for event in on_disk.told(TaskStarted)] == ["aa", "b", "c"]
    assert [event.task for event in on_disk.told(TaskReused)] == ["a", "b"]
    assert (set(result.ran), result.reused) == ({"aa", "b", "c"}, ("a",))


def test_a_former_result_that_stands_is_not_exported_damaged(on_disk: Project) -> None:
    task = text_task("t", "", run=unsteady, exports="dist")
    first = on_disk.build([task])
    spoil(on_disk.store.contents.path(first.actions["t"].parts["out"].digest))
    result = on_disk.build([task], force=True)
    assert (on_disk.root / "dist" / "out").read_text() == on_disk.content(result, "t")
    assert on_disk.build([task]).reused == ("t",)


def project_with(contents: type[DiskContents], root: Path) -> Project:
    store = DiskStore.at(root)
    return Project(root, replace(store, contents=contents(store.own)))


def test_a_disk_that_gives_nothing_back_ends_a_build(tmp_path: Path) -> None:
    """For example, if the umask makes new files unreadable."""
    project = project_with(_Unreadable, tmp_path)
    project.build([text_task("a", "a")])
    assert project.build([text_task("a", "a")], force=True).ran == ("a",)


class _Unreadable(DiskContents):
    asked = 0

    def verify(self, digest: str) -> bool:
        self.asked += 1
        assert self.asked < 9, "this build has no end"
        self.path(digest).unlink(missing_ok=True)
        return False


def test_a_content_that_is_damaged_again_and_again_ends_a_build(tmp_path: Path) -> None:
    """For example, if it can be neither read nor removed, though it seems to exist."""
    project = project_with(_Stubborn, tmp_path)
    project.build(chain())
    with pytest.raises(Unusable, match="it is damaged again after a repair"):
        project.build(chain("C"))
    assert (tmp_path / "dist" / "out").read_text() == "c b a"


class _Stubborn(DiskContents):
    asked = 0

    def verify(self, digest: str) -> bool:
        self.asked += 1
        assert self.asked < 9, "this build has no end"
        return False


def test_damage_is_followed_upwards(on_disk: Project) -> None:
    for task in ("a", "b"):
        spoil(part(on_disk, task))
    result = on_disk.build(chain("C"))
    assert set(result.ran) == {"a", "b", "c"} and on_disk.content(result, "c") == "C b a"


def test_what_is_reported_is_made_again_although_nobody_else_reads_it(on_disk: Project) -> None:
    spoil(part(on_disk, "c"))
    unread, reported = (replace(chain()[2], reported=parts) for parts in ((), ("out",)))
    assert on_disk.build([*chain()[:2], unread]).ran == ()
    assert on_disk.build([*chain()[:2], reported]).ran == ("c",)
    assert on_disk.build([*chain()[:2], reported]).ran == ()


def test_a_damaged_result_is_not_exported(on_disk: Project) -> None:
    spoil(part(on_disk, "c"))
    shutil.rmtree(on_disk.root / "dist")
    assert on_disk.build(chain()).ran == ("c",)
    assert (on_disk.root / "dist" / "out").read_text() == "c b a"


@pytest.mark.parametrize("content", [b"", b"c b"])
def test_a_truncated_part_is_missed_even_where_nobody_reads_it(on_disk: Project, content: bytes) -> None:
    spoil(part(on_disk, "c"), content)
    assert on_disk.build(chain()).ran == ("c",)
    assert on_disk.reasons("c") == [Reason("result missing", "c", "out")]


def test_a_producer_that_gives_something_else_again_reruns_what_read_it(on_disk: Project) -> None:
    tasks = [text_task("a", "", run=unsteady), text_task("b", "b", "a/out"), text_task("c", "c", "a/out")]
    first = on_disk.build(tasks)
    spoil(on_disk.store.contents.path(first.actions["a"].parts["out"].digest))
    result = on_disk.build([*tasks[:2], replace(tasks[2], params={"text": "C"})])
    assert on_disk.told(NonDeterministic) == [NonDeterministic("a", ("out",))]
    given = on_disk.content(result, "a")
    assert on_disk.content(result, "b") == f"b {given}" and on_disk.content(result, "c") == f"C {given}"
    assert on_disk.content(first, "b") != on_disk.content(result, "b")


@pytest.mark.parametrize("folder", ["ac", "tasks", "cas", "tmp", "stat.json", "."])
@pytest.mark.parametrize("damage", ["empty", "flip", "half", "remove", "foreign"])
def test_a_damaged_store_never_stops_a_build(on_disk: Project, folder: str, damage: str) -> None:
    clean = on_disk.build(chain())
    place = on_disk.root / ".mlbuild" / folder
    for path in [place] if place.is_file() else [path for path in place.rglob("*") if path.is_file()]:
        content = path.read_bytes()
        match damage:
            case "empty":
                spoil(path, b"")
            case "flip" if content:
                spoil(path)
            case "half":
                spoil(path, content[: len(content) // 2])
            case "remove":
                path.unlink()
            case "foreign":
                spoil(path, b'{"body":{"inputs":3},"sha256":"0"}\n')
    on_disk.foresee(chain())
    result = on_disk.build(chain())
    assert {name: action.parts for name, action in result.actions.items()} == {
        name: action.parts for name, action in clean.actions.items()
    }
    assert (on_disk.root / "dist" / "out").read_text() == "c b a"
    assert on_disk.build(chain()).ran == ()


def test_a_lost_action_is_a_reason(on_disk: Project) -> None:
    on_disk.build(chain())
    shutil.rmtree(on_disk.root / ".mlbuild" / "ac")
    foreseen = on_disk.foresee(chain())["a"]
    assert isinstance(foreseen, Stale) and foreseen.reasons == (Reason("result missing", "a"),)


def test_an_action_of_another_form_is_made_again(on_disk: Project) -> None:
    on_disk.build(chain())
    record = find_record(on_disk.store.local, "a")
    assert record is not None
    actions: list[object] = [[], "a", {"parts": 3}]
    for action in actions:
        on_disk.store.actions.record(record.key, action, replace=True)
        assert on_disk.build(chain()).ran == ("a",)
        assert on_disk.build(chain()).ran == ()


def test_a_lost_record_is_written_again(on_disk: Project) -> None:
    result = on_disk.build(chain())
    shutil.rmtree(on_disk.root / ".mlbuild" / "tasks")
    assert on_disk.build(chain()).ran == ()
    record = find_record(on_disk.store.local, "a")
    assert record is not None and record.last is None and record.made == result.build


def test_a_record_of_another_form_is_none(on_disk: Project) -> None:
    on_disk.build(chain())
    whole = on_disk.store.local.note("tasks/a")
    assert find_record(on_disk.store.local, "a") is not None
    read = ("format", "task", "ingredients", "origins", "last")
    notes: list[object] = [[], "a", *({**whole, name: 3} for name in read), {**whole, "task": "A"}]
    for note in notes:
        on_disk.store.local.keep_note("tasks/a", note)
        assert find_record(on_disk.store.local, "a") is None
        assert on_disk.build(chain()).ran == ()
        assert find_record(on_disk.store.local, "a") is not None
