"""Exported folders: exactly the parts of a result as files, swapped whole."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from mlbuild.diagnostics import Unusable, Unwritable
from mlbuild.engine.decide.files import Digests, LocalFile
from mlbuild.engine.decide.reasons import Reason
from mlbuild.engine.decide.records import Action
from mlbuild.engine.execution.exported import find_exported, keep_exported
from mlbuild.engine.graph import Task
from mlbuild.engine.store.kept import kind, on_another_disk, remove
from mlbuild.engine.store.store import Store

#: What a swap consists of: the folder that is to be the exported one, and the one that was.
_COMING, _FORMER = "new", "old"

#: What keeps git from listing generated folders, in the folder around them.
_IGNORE = "# Written by mlbuild when it made this folder. Remove this file to commit what is here.\n*\n"


def export_reasons(task: Task, action: Action, outside: Digests, root: Path) -> Iterator[Reason]:
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
        elif (
            path.is_symlink()
            or outside.digest(LocalFile(Path(task.exports, part), f"{task.exports}/{part}")) != wanted
        ):
            yield Reason("export edited", f"{task.exports}/{part}")
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not os.path.isdir(path) and name not in action.parts:  # noqa: PTH112  # as above
            yield Reason("export extra", f"{task.exports}/{name}")


def check_place(task: Task, store: Store, root: Path) -> None:
    """See that the exported folder of a task is in the project, and that replacing it loses nothing of others.

    A folder is ours to replace if it has no files but those that the task gives, or if one of these is still what a
    build put there. An absolute path is one that the user named: it may lie anywhere.

    Raises:
        Unwritable: the folder is out of the project, holds something else, or cannot even be looked at.
    """
    if task.exports is None:
        return
    folder = root / task.exports
    inside = os.path.realpath(root)
    above = os.path.realpath(folder.parent)
    if not Path(task.exports).is_absolute() and os.path.commonpath([inside, above]) != inside:
        raise Unusable(
            task.exports, "it is outside of the project", f"remove the link '{folder.parent.name}'"
        )
    try:
        found = _kind(folder)
        _kind(root / folder.name)  # also where there is no 'dist' yet, a name can be too long
    except OSError as error:
        raise Unwritable(task.exports, error) from error
    if found in (None, stat.S_IFLNK):  # of a link, only the link is replaced
        return
    others = [""] if found != stat.S_IFDIR else [*_others(folder, task.parts)]
    known = find_exported(store, task.exports) if others else None
    if others and not (known and known.wrote(folder)):
        such = f", such as '{others[0]}'" if others[0] else ""
        what = (
            f"it holds files that mlbuild did not write{such}" if such else "mlbuild did not write that file"
        )
        raise Unusable(task.exports, what, "move them away, or give the output another name")


def export(task: Task, action: Action, store: Store, root: Path, build: str) -> None:
    """Put the parts of a result into the task's exported folder, which changes as a whole; `build` is the one that does.

    The files are copies, so that editing one cannot damage the store. They are on the disk before they show, as what
    is shipped is not looked at again; what the store holds is, before it is used.

    Raises:
        Unwritable: the folder cannot be written; the former one is still there.
    """
    assert task.exports is not None
    recover(task, store, root)
    check_place(task, store, root)
    own, beside = _swaps(task.exports, store, root)
    keep_exported(task, action, store, build)
    try:
        if task.generated:
            _ignore((root / task.exports).parent)
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
        Unwritable: it cannot be written, or what is in the place of a swap is none.
    """
    for swap in _swaps(task.exports, store, root) if task.exports is not None else ():
        if not os.path.lexists(swap):
            continue
        try:
            ours = kind(swap) == stat.S_IFDIR and _names(swap) <= {_COMING, _FORMER}
            if ours:
                _undo(swap, root / str(task.exports))
        except OSError as error:
            raise Unwritable(str(task.exports), error) from error
        if not ours:
            what = f"'{os.path.relpath(swap, root)}' is not as mlbuild makes it"
            raise Unusable(str(task.exports), what, "remove that")


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def _kind(path: Path) -> int | None:
    """What is at a path.

    Raises:
        OSError: something that is no folder is above it, it may not be seen, or its name is too long.
    """
    try:
        return stat.S_IFMT(path.lstat().st_mode)
    except FileNotFoundError:
        return None


def _others(folder: Path, parts: Collection[str]) -> Iterator[str]:
    """The files and links in an exported folder that are no parts of the result."""
    for above, folders, names in os.walk(folder):
        links = [name for name in folders if Path(above, name).is_symlink()]
        for name in sorted([*names, *links]):
            if (found := Path(above, name).relative_to(folder).as_posix()) not in parts:
                yield found


def _swaps(exports: str, store: Store, root: Path) -> tuple[Path, Path]:
    """Where a swap is prepared: within the store, or where that is on another disk, beside the folder."""
    target = root / exports
    return store.swap_folder(exports), target.with_name(f".{target.name}.swap")


def _ignore(folder: Path) -> None:
    """Make a folder that git ignores. One that is there stays as it is, so that its user has the last word."""
    if not os.path.lexists(folder):
        folder.mkdir(parents=True)
        (folder / ".gitignore").write_text(_IGNORE, encoding="utf-8")


def _exchange(
    action: Action, store: Store, target: Path, swap: Path, aside: Callable[[Path, Path], object]
) -> None:
    (swap / _COMING).mkdir(parents=True)
    for part, digest in action.digests.items():
        path = swap / _COMING / part
        path.parent.mkdir(parents=True, exist_ok=True)
        _copy(store.path(digest), path)
    target.parent.mkdir(parents=True, exist_ok=True)
    if os.path.lexists(target):
        aside(target, swap / _FORMER)
    (swap / _COMING).rename(target)


def _undo(swap: Path, target: Path) -> None:
    former = swap / _FORMER
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
