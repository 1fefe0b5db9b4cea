"""Exported folders: exactly the parts of a result as files, swapped whole."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from mlbuild.diagnostics import Unwritable
from mlbuild.engine.files import Files
from mlbuild.engine.folder import on_another_disk, remove
from mlbuild.engine.graph import Task
from mlbuild.engine.reasons import Reason
from mlbuild.engine.records import Action
from mlbuild.engine.store import Store


def export_reasons(task: Task, action: Action, files: Files, root: Path) -> Iterator[Reason]:
    """In what the exported folder of a task, if it has one, is not its result; what cannot be read is missing."""
    if task.exports is None:
        return
    folder = root / task.exports
    if not os.path.isdir(folder) or folder.is_symlink():  # noqa: PTH112  # unlike Path, takes what it may not see for absent
        yield Reason("export missing", task.exports)
        return
    for part, wanted in action.digests.items():
        path = folder / part
        if not os.path.isfile(path):  # noqa: PTH113  # as above
            yield Reason("export missing", f"{task.exports}/{part}")
        elif path.is_symlink() or files.digest(path) != wanted:
            yield Reason("export edited", f"{task.exports}/{part}")
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not os.path.isdir(path) and name not in action.parts:  # noqa: PTH112  # as above
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
    own, beside = _swaps(task.exports, store, root)
    try:
        try:
            _exchange(action, store, root / task.exports, own, Path.rename)
        except OSError as error:
            if not on_another_disk(error):
                raise
            _exchange(action, store, root / task.exports, beside, _move)
    except OSError as error:
        raise Unwritable(task.exports, error) from error
    finally:
        recover(task, store, root)


def recover(task: Task, store: Store, root: Path) -> None:
    """End a swap that was cut off: the former folder returns if no new one has taken its place.

    Raises:
        Unwritable: it cannot be written.
    """
    for swap in _swaps(task.exports, store, root) if task.exports is not None else ():
        try:
            if os.path.lexists(swap):
                _undo(swap, root / str(task.exports))
        except OSError as error:
            raise Unwritable(str(task.exports), error) from error


def _swaps(exports: str, store: Store, root: Path) -> tuple[Path, Path]:
    """Where a swap is prepared: within the store, or where that is on another disk, beside the folder."""
    target = root / exports
    return store.swap_folder(exports), target.with_name(f".{target.name}.swap")


def _exchange(
    action: Action, store: Store, target: Path, swap: Path, aside: Callable[[Path, Path], object]
) -> None:
    (swap / "new").mkdir(parents=True)
    for part, digest in action.digests.items():
        path = swap / "new" / part
        path.parent.mkdir(parents=True, exist_ok=True)
        _copy(store.path(digest), path)
    target.parent.mkdir(parents=True, exist_ok=True)
    if os.path.lexists(target):
        aside(target, swap / "old")
    (swap / "new").rename(target)


def _undo(swap: Path, target: Path) -> None:
    former = swap / "old"
    if os.path.lexists(former) and not os.path.lexists(target):
        former.rename(target)
    remove(swap)


def _move(folder: Path, place: Path) -> None:
    """Rename a folder; where a lower layer of the file system holds it, as in a container, copy it."""
    try:
        folder.rename(place)
    except OSError as error:
        if not on_another_disk(error):
            raise
        shutil.copytree(folder, place, symlinks=True)
        remove(folder)


def _copy(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)
    with target.open("rb+") as file:
        os.fsync(file.fileno())
