"""Exported folders contain exactly the parts of a task, whatever happened to them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mlbuild.diagnostics import Unwritable
from mlbuild.engine.decide.reasons import Reason
from mlbuild.engine.decide.stale import Restorable
from mlbuild.engine.execution.events import TaskRestored, TaskStarted
from mlbuild.engine.graph import Job, Task
from mlbuild.engine.store.store import DiskStore
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
    """A build that is killed between its two renames leaves the previous folder in a temporary place."""
    project.build([publish()])
    swap = project.store.local.swap_folder("dist/late")
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
    swap = project.store.local.swap_folder("dist/late")
    (swap / "old").mkdir(parents=True)
    (swap / "old" / "model.bin").write_text("former")
    assert project.build([publish()]).reused == ("publish:late",)
    assert files(project.root / "dist" / "late") == HELLO and not swap.exists()


def refused(project: Project, *tasks: Task) -> str:
    """Return why a build does not start. Nothing has run and nothing has changed."""
    before = state(project.root)
    with pytest.raises(Unwritable) as found:
        project.build([publish(), *tasks])
    assert not project.told(TaskStarted)
    assert state(project.root) == before
    return str(found.value)


def state(root: Path) -> dict[str, object]:
    """Return everything in the project except its store."""
    return {
        path.relative_to(root).as_posix(): path.readlink() if path.is_symlink() else path.stat().st_mtime_ns
        for path in root.rglob("*")
        if ".mlbuild" not in path.parts
    }


def test_a_folder_that_cannot_be_written_ends_the_build_before_it_begins(project: Project) -> None:
    project.write("dist", "a file is in the way")
    assert refused(project) == "cannot write 'dist/late': not a directory"
    (project.root / "dist").unlink()
    assert project.build([publish()]).ok


def test_a_name_that_no_file_can_have_ends_the_build_before_it_begins(project: Project) -> None:
    long = replace(publish(), name="publish:long", exports=f"dist/{'x' * 300}")
    assert refused(project, long).endswith("': file name too long")


def test_a_folder_that_appears_while_the_build_runs_is_a_failure(project: Project) -> None:
    task = replace(publish(), run=beside, params={"text": "hello", "root": str(project.root)})
    failure = project.build([task]).failures["publish:late"]
    told = "cannot use 'dist/late': it contains files that mlbuild did not write, such as 'mine.txt'"
    assert (failure.kind, failure.message) == ("store", told)
    assert files(project.root / "dist") == {"late/mine.txt": "mine"}


def beside(job: Job) -> None:
    two_files(job)
    mine(Path(job.params["root"], "dist/late"))


# What others have put in the place of an output


def mine(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "mine.txt").write_text("mine")


def mine_below(folder: Path) -> None:
    mine(folder / "src" / "app")


def mine_of_our_names_and_more(folder: Path) -> None:
    mine(folder)
    (folder / "model.bin").write_text("another model")


def mine_in_place_of_a_file(folder: Path) -> None:
    mine(folder / "model.bin")


def a_link(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "mine").symlink_to(folder.parents[1])


def a_file(folder: Path) -> None:
    folder.parent.mkdir(parents=True)
    folder.write_text("mine")


def a_pipe(folder: Path) -> None:
    folder.parent.mkdir(parents=True)
    os.mkfifo(folder)


OTHERS = [mine, mine_below, mine_of_our_names_and_more, mine_in_place_of_a_file, a_link, a_file, a_pipe]


@pytest.mark.parametrize("put", OTHERS)
def test_a_folder_of_others_is_never_replaced(project: Project, put: Callable[[Path], None]) -> None:
    put(project.root / "dist" / "late")
    assert "cannot use 'dist/late': " in refused(project)


@pytest.mark.parametrize("put", OTHERS)
def test_nor_is_one_that_took_the_place_of_ours(project: Project, put: Callable[[Path], None]) -> None:
    project.build([publish()])
    shutil.rmtree(project.root / "dist")
    put(project.root / "dist" / "late")
    assert "cannot use 'dist/late': " in refused(project)


def test_a_folder_that_only_has_our_names_is_replaced(project: Project) -> None:
    folder = project.root / "dist" / "late"
    folder.mkdir(parents=True)
    (folder / "model.bin").write_text("of a build elsewhere")
    assert project.build([publish()]).ok and files(folder) == HELLO


def test_a_folder_is_ours_as_long_as_a_file_of_a_former_build_is_in_it(project: Project) -> None:
    folder = project.root / "dist" / "late"
    project.build([publish()])
    add_file(folder)
    edit_file(folder)
    assert project.build([publish("bye")]).ok and files(folder) == HELLO | {"model.bin": "bye"}
    add_file(folder)
    for name in HELLO:
        (folder / name).write_text("edited")
    assert "such as 'notes/mine.txt'" in refused(project)


@pytest.mark.parametrize("out", ["..", "../other", "/"])
def test_a_folder_outside_of_the_project_is_never_written(tmp_path: Path, out: str) -> None:
    project = Project(tmp_path / "project", DiskStore.at(tmp_path / "project"))
    (tmp_path / "other").mkdir()
    mine(tmp_path / "late")
    project.root.mkdir()
    (project.root / "dist").symlink_to(out)
    assert refused(project) == "cannot use 'dist/late': it is outside the project"
    assert files(tmp_path) == {"late/mine.txt": "mine"} and not [*(tmp_path / "other").iterdir()]


def test_a_link_inside_of_the_project_is_fine(project: Project) -> None:
    (project.root / "build").mkdir()
    (project.root / "dist").symlink_to("build")
    assert project.build([publish()]).ok and files(project.root / "build" / "late") == HELLO


@pytest.mark.parametrize("beside", [False, True])
@pytest.mark.parametrize("put", [mine, mine_below, a_link, a_file, a_pipe])
def test_what_is_no_swap_of_ours_is_neither_moved_nor_removed(
    project: Project, put: Callable[[Path], None], beside: bool
) -> None:
    project.build([publish("first")])
    swap = project.root / "dist/.late.swap" if beside else project.store.local.swap_folder("dist/late")
    swap.parent.mkdir(parents=True, exist_ok=True)
    put(swap) if not swap.parent.is_dir() else put_into(put, swap)
    assert ": mlbuild did not create '" in refused(project)


def put_into(put: Callable[[Path], None], place: Path) -> None:
    """Put something that creates its own folders into an existing folder."""
    put(place.parent / "made" / "here")
    (place.parent / "made" / "here").rename(place)
    shutil.rmtree(place.parent / "made")
