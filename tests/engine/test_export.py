"""Exported folders hold exactly a task's parts, whatever happened to them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mlbuild.engine.events import TaskRestored
from mlbuild.engine.graph import Job, Task
from mlbuild.engine.reasons import Reason
from mlbuild.engine.stale import Restorable
from tests.engine.tasks import Project, guard, text_task


def publish(text: str = "hello") -> Task:
    parts = ("model.bin", "notes/metrics.json")
    return text_task("publish:late", text, run=two_files, parts=parts, exports="dist/late")


def two_files(job: Job) -> None:
    job.write("model.bin", job.params["text"].encode())
    job.write("notes/metrics.json", b"{}")


def files(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()
    }


HELLO = {"model.bin": "hello", "notes/metrics.json": "{}"}


def delete_file(folder: Path) -> None:
    (folder / "model.bin").unlink()


def edit_file(folder: Path) -> None:
    (folder / "model.bin").write_text("jello")


def edit_file_at_the_same_time(folder: Path) -> None:
    stat = (folder / "model.bin").stat()
    edit_file(folder)
    os.utime(folder / "model.bin", ns=(stat.st_atime_ns, stat.st_mtime_ns))


def add_file(folder: Path) -> None:
    (folder / "notes" / "mine.txt").write_text("mine")


def link_file(folder: Path) -> None:
    (folder / "model.bin").rename(folder.parent / "real")
    (folder / "model.bin").symlink_to(folder.parent / "real")


def put_folder(folder: Path) -> None:
    delete_file(folder)
    (folder / "model.bin" / "inside").mkdir(parents=True)


def replace_by_file(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.write_text("not a folder")


def link_folder(folder: Path) -> None:
    folder.rename(folder.with_name("real"))
    folder.symlink_to(folder.with_name("real"))


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (delete_file, Reason("export missing", "dist/late/model.bin")),
        (edit_file, Reason("export edited", "dist/late/model.bin")),
        (edit_file_at_the_same_time, Reason("export edited", "dist/late/model.bin")),
        (add_file, Reason("export extra", "dist/late/notes/mine.txt")),
        (link_file, Reason("export edited", "dist/late/model.bin")),
        (put_folder, Reason("export missing", "dist/late/model.bin")),
        (shutil.rmtree, Reason("export missing", "dist/late")),
        (link_folder, Reason("export missing", "dist/late")),
        (replace_by_file, Reason("export missing", "dist/late")),
    ],
)
def test_a_spoilt_folder_is_repaired_without_running(
    project: Project, spoil: Callable[[Path], None], reason: Reason
) -> None:
    folder = project.root / "dist" / "late"
    project.build([publish()])
    assert files(folder) == HELLO
    spoil(folder)
    foreseen = project.foresee([publish()])["publish:late"]
    assert isinstance(foreseen, Restorable) and foreseen.reasons == (reason,)
    result = project.build([publish()])
    assert (result.ran, result.restored) == ((), ("publish:late",))
    assert project.told(TaskRestored) == [TaskRestored("publish:late", (reason,))]
    assert files(folder) == HELLO
    assert project.build([publish()]).reused == ("publish:late",)


def test_a_new_result_replaces_the_folder_and_the_old_one_comes_back(project: Project) -> None:
    folder = project.root / "dist" / "late"
    project.build([publish()])
    assert project.build([publish("bye")]).ran == ("publish:late",)
    assert files(folder) == HELLO | {"model.bin": "bye"}
    assert project.build([publish()]).restored == ("publish:late",)
    assert files(folder) == HELLO


def test_exported_files_are_copies_that_can_be_written(on_disk: Project) -> None:
    on_disk.build([publish()])
    path = on_disk.root / "dist" / "late" / "model.bin"
    assert path.stat().st_nlink == 1 and path.stat().st_mode & 0o200


def test_a_moved_folder_is_written_anew_and_the_former_left(project: Project) -> None:
    project.build([publish()])
    assert project.build([replace(publish(), exports="dist/other")]).restored == ("publish:late",)
    assert files(project.root / "dist" / "other") == files(project.root / "dist" / "late") == HELLO


def test_a_refused_result_leaves_the_former_folder_whole(project: Project) -> None:
    def tasks(text: str) -> list[Task]:
        gate = text_task("gate", "", "s/out", run=guard, params={"kind": "gate"})
        return [text_task("s", text), gate, text_task("p", "x", "gate/out", exports="dist")]

    project.build(tasks("fine"))
    before = files(project.root / "dist")
    result = project.build(tasks("bad"))
    assert result.blocked == ("p",) and files(project.root / "dist") == before == {"out": "x good"}


@pytest.mark.parametrize("refused", [False, True])
def test_a_swap_that_was_cut_off_is_undone(project: Project, refused: bool) -> None:
    """A build killed between its two renames leaves the former folder in the place of temporaries."""
    project.build([publish()])
    swap = project.store.swap_folder("dist/late")
    (swap / "new").mkdir(parents=True)
    (swap / "new" / "model.bin").write_text("half")
    (project.root / "dist" / "late").rename(swap / "old")
    result = project.build([replace(publish("bye"), run=unable) if refused else publish()])
    assert files(project.root / "dist" / "late") == HELLO
    assert result.ok is not refused and not swap.exists()
    assert result.reused == (() if refused else ("publish:late",))


def unable(job: Job) -> None:
    raise OSError("no")


def test_a_swap_that_was_done_but_not_cleaned_up_is_cleaned_up(project: Project) -> None:
    project.build([publish()])
    swap = project.store.swap_folder("dist/late")
    (swap / "old").mkdir(parents=True)
    (swap / "old" / "model.bin").write_text("former")
    assert project.build([publish()]).reused == ("publish:late",)
    assert files(project.root / "dist" / "late") == HELLO and not swap.exists()


def test_a_folder_that_cannot_be_written_is_a_failure(project: Project) -> None:
    project.write("dist", "a file is in the way")
    failure = project.build([publish()]).failures["publish:late"]
    assert failure.kind == "store"
    assert failure.message == "cannot write 'dist/late': file exists"
    (project.root / "dist").unlink()
    assert project.build([publish()]).restored == ("publish:late",)
