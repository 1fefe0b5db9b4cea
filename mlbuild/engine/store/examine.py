"""Checks whether a folder can be used as a store, before anything in it is read or written."""

from __future__ import annotations

import os
from collections.abc import Collection
from contextlib import suppress

from mlbuild.diagnostics import Unreadable, Unusable
from mlbuild.engine.store.folder import Folder


def examine(folder: Folder, inner: Collection[str], kept: Collection[str], help: str) -> None:
    """Check that this user can read a folder, that nothing in it leads outside, and that it is a folder of mlbuild.

    Nothing in it, or in its `inner` folders, may be a link. It is recognized by its marks, or by the names in
    `kept`. `help` says what to do about other folders.

    Raises:
        Unreadable, Unusable: The folder cannot be used.
    """
    try:
        os.scandir(folder.path).close()
    except PermissionError as error:
        raise Unreadable(folder.called, error, help) from error
    except OSError:  # it does not exist or is not a folder: writing to it will report this
        pass
    if folder.private and folder.path.is_symlink():
        raise Unusable(folder.called, "it is a symlink", "remove it")
    links: list[str] = []
    for name in ("", *inner):
        with suppress(OSError), os.scandir(folder.path / name) as entries:
            links += (f"{name}/{entry.name}".lstrip("/") for entry in entries if entry.is_symlink())
    if links:
        raise Unusable(folder.called, f"it contains the symlink '{min(links)}'", "remove that symlink")
    if folder.marks.foreign(*kept):
        raise Unusable(folder.called, "it contains files that mlbuild did not write", help)
