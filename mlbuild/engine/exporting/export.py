"""Exported folders, which contain exactly the parts of a result as files and are replaced as a whole."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from mlbuild.diagnostics import Unusable, Unwritable
from mlbuild.engine.decide.files import Digests, LocalFile
from mlbuild.engine.decide.reasons import Reason
from mlbuild.engine.decide.records import Action
from mlbuild.engine.exporting.exported import files_in, find_exported, is_below, keep_exported
from mlbuild.engine.exporting.swap import move, take_place, write_folder
from mlbuild.engine.graph import Task
from mlbuild.engine.store.contents import Contents
from mlbuild.engine.store.kept import kind, on_another_disk, remove
from mlbuild.engine.store.local import Local
from mlbuild.engine.store.store import Store

#: The two folders of a swap: the new folder, and the previous one.
_COMING, _FORMER = "new", "old"

#: The `.gitignore` in the parent folder of generated folders.
_IGNORE = "# Written by mlbuild when it created this folder. Remove this file to commit the contents of the folder.\n*\n"


def export_reasons(task: Task, action: Action, outside: Digests, root: Path) -> Iterator[Reason]:
    """Yield how the exported folder of a task, if it has one, differs from its result.

    An unreadable file counts as missing.
    """
    if task.exports is None:
        return
    folder = root / task.exports
    if not os.path.isdir(folder) or folder.is_symlink():  # noqa: PTH112  # unlike Path, false if access is denied
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
    for name in sorted({*files_in(folder)} - {*action.parts}):
        yield Reason("export extra", f"{task.exports}/{name}")


def check_place(task: Task, local: Local, root: Path) -> None:
    """Check that the exported folder of a task is in the project, and that replacing it does not destroy foreign
    files.

    The folder can be replaced if it contains only files that the task produces, or if one of these is still as a
    build wrote it. An absolute path was given by the user and can be anywhere.

    Raises:
        Unwritable: The folder is outside the project, contains something else, or cannot be read.
    """
    if task.exports is None:
        return
    folder = root / task.exports
    if not Path(task.exports).is_absolute() and not is_below(root, folder):
        raise Unusable(task.exports, "it is outside the project", f"remove the link '{folder.parent.name}'")
    try:
        found = _kind(folder)
        _kind(root / folder.name)  # the name can be too long even if there is no 'dist' yet
    except OSError as error:
        raise Unwritable(task.exports, error) from error
    if found in (None, stat.S_IFLNK):  # only the link is replaced, not its target
        return
    others = [""] if found != stat.S_IFDIR else [name for name in files_in(folder) if name not in task.parts]
    known = find_exported(local, task.exports) if others else None
    if others and not (known and known.wrote(folder)):
        such = f", such as '{others[0]}'" if others[0] else ""
        what = (
            f"it contains files that mlbuild did not write{such}"
            if such
            else "mlbuild did not write that file"
        )
        raise Unusable(task.exports, what, "move them elsewhere, or rename the output")


def export(task: Task, action: Action, store: Store, root: Path, build: str) -> None:
    """Write the parts of a result into the exported folder of the task, which is replaced as a whole.

    `build` is the name of this build.

    Raises:
        Unwritable: The folder cannot be written. The previous one is still there.
    """
    assert task.exports is not None
    recover(task, store.local, root)
    check_place(task, store.local, root)
    own, beside = _swaps(task.exports, store.local, root)
    keep_exported(task, action, store.local, build)
    try:
        if task.generated:
            _ignore((root / task.exports).parent)
        try:
            _exchange(action, store.contents, root / task.exports, own, Path.rename)
        except OSError as error:
            if not on_another_disk(error):
                raise
            _exchange(action, store.contents, root / task.exports, beside, move)
    except OSError as error:
        raise Unwritable(task.exports, error) from error
    finally:
        recover(task, store.local, root)


def recover(task: Task, local: Local, root: Path) -> None:
    """Finish an interrupted swap: restore the previous folder if no new one has taken its place.

    Raises:
        Unwritable: It cannot be written, or something else is in the place of a swap.
    """
    for swap in _swaps(task.exports, local, root) if task.exports is not None else ():
        if not os.path.lexists(swap):
            continue
        try:
            ours = kind(swap) == stat.S_IFDIR and _names(swap) <= {_COMING, _FORMER}
            if ours:
                _undo(swap, root / str(task.exports))
        except OSError as error:
            raise Unwritable(str(task.exports), error) from error
        if not ours:
            what = f"mlbuild did not create '{os.path.relpath(swap, root)}'"
            raise Unusable(str(task.exports), what, "remove it")


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def _kind(path: Path) -> int | None:
    """Return the type of what is at a path.

    Raises:
        OSError: A parent is not a folder, access is denied, or the name is too long.
    """
    try:
        return stat.S_IFMT(path.lstat().st_mode)
    except FileNotFoundError:
        return None


def _swaps(exports: str, local: Local, root: Path) -> tuple[Path, Path]:
    """Return where a swap is prepared: in the store or, if that is on another disk, next to the folder."""
    target = root / exports
    return local.swap_folder(exports), target.with_name(f".{target.name}.swap")


def _ignore(folder: Path) -> None:
    """Make a folder that git ignores. One that is there stays as it is, so that its user has the last word."""
    if not os.path.lexists(folder):
        folder.mkdir(parents=True)
        (folder / ".gitignore").write_text(_IGNORE, encoding="utf-8")


def _exchange(
    action: Action, contents: Contents, target: Path, swap: Path, aside: Callable[[Path, Path], object]
) -> None:
    write_folder(action.digests, contents, swap / _COMING)
    take_place(swap / _COMING, target, swap / _FORMER, aside)


def _undo(swap: Path, target: Path) -> None:
    former = swap / _FORMER
    if os.path.lexists(former) and not os.path.lexists(target):
        former.rename(target)
    remove(swap)
