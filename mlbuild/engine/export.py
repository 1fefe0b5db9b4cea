"""Exported folders: exactly the parts of a result as files, swapped whole."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from mlbuild.diagnostics import Unwritable
from mlbuild.engine.files import Files
from mlbuild.engine.folder import remove
from mlbuild.engine.graph import Task
from mlbuild.engine.reasons import Reason
from mlbuild.engine.records import Action
from mlbuild.engine.store import Store


def export_reasons(task: Task, action: Action, files: Files, root: Path) -> Iterator[Reason]:
    """In what the exported folder of a task, if it has one, is not its result."""
    if task.exports is None:
        return
    folder = root / task.exports
    if folder.is_symlink() or not folder.is_dir():
        yield Reason("export missing", task.exports)
        return
    for part, wanted in action.digests.items():
        path = folder / part
        if not path.is_file():
            yield Reason("export missing", f"{task.exports}/{part}")
        elif path.is_symlink() or files.digest(path) != wanted:
            yield Reason("export edited", f"{task.exports}/{part}")
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not path.is_dir() and name not in action.parts:
            yield Reason("export extra", f"{task.exports}/{name}")


def export(task: Task, action: Action, store: Store, root: Path) -> None:
    """Put the parts of a result into the task's exported folder, which changes as a whole.

    The files are copies, so that editing one cannot damage the store. They are on the disk before they show, as what
    is shipped is not looked at again; what the store holds is, before it is used.

    Raises:
        Unwritable: the folder cannot be written; the former one is still there.
    """
    assert task.exports is not None
    recover(task, store, root)
    swap, target = store.swap_folder(task.exports), root / task.exports
    try:
        (swap / "new").mkdir(parents=True)
        for part, digest in action.digests.items():
            path = swap / "new" / part
            path.parent.mkdir(parents=True, exist_ok=True)
            _copy(store.path(digest), path)
        target.parent.mkdir(parents=True, exist_ok=True)
        if os.path.lexists(target):
            target.rename(swap / "old")
        (swap / "new").rename(target)
    except OSError as error:
        raise Unwritable(task.exports, error) from error
    finally:
        recover(task, store, root)


def recover(task: Task, store: Store, root: Path) -> None:
    """End a swap that was cut off: the former folder returns if no new one has taken its place.

    Raises:
        Unwritable: it cannot be written.
    """
    if task.exports is None or not os.path.lexists(store.swap_folder(task.exports)):
        return
    swap, target = store.swap_folder(task.exports), root / task.exports
    former = swap / "old"
    try:
        if os.path.lexists(former) and not os.path.lexists(target):
            former.rename(target)
        remove(swap)
    except OSError as error:
        raise Unwritable(task.exports, error) from error


def _copy(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)
    with target.open("rb+") as file:
        os.fsync(file.fileno())
