"""Replaces a folder as a whole: the new one is written elsewhere, and then takes the place of the previous one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from mlbuild.engine.store.contents import Contents
from mlbuild.engine.store.kept import on_another_disk, remove


def write_folder(digests: Mapping[str, str], contents: Contents, folder: Path) -> None:
    """Write contents of the store as the files of a new folder.

    They are copies, so that editing one cannot damage the store. They are synced to disk before they are visible,
    because nothing checks them again. (Contents of the store are checked before use.)

    Raises:
        OSError: The folder cannot be written.
    """
    folder.mkdir(parents=True)
    for name, digest in digests.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        _copy(contents.path(digest), path)


def move(folder: Path, place: Path) -> None:
    """Rename a folder. If it is in a lower layer of the file system, as in a container, copy it."""
    try:
        folder.rename(place)
    except OSError as error:
        if not on_another_disk(error):
            raise
        shutil.copytree(folder, place, symlinks=True)
        remove(folder)


def take_place(
    coming: Path, target: Path, former: Path, aside: Callable[[Path, Path], object] = move
) -> None:
    """Put a folder in the place of the one at `target`, if there is one, which is moved to `former`.

    Raises:
        OSError: One of them cannot be moved.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    if os.path.lexists(target):
        aside(target, former)
    coming.rename(target)


def _copy(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)
    with target.open("rb+") as file:
        os.fsync(file.fileno())
