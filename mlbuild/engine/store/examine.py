"""Whether a folder is fit to be used as a store: before anything is read of it, and long before anything is written."""

from __future__ import annotations

import os
from collections.abc import Collection
from contextlib import suppress

from mlbuild.diagnostics import Unreadable, Unusable
from mlbuild.engine.store.folder import Folder


def examine(folder: Folder, inner: Collection[str], kept: Collection[str], help: str) -> None:
    """See that a folder can be used: that this user may look into it, that nothing leads out of it, and that it is ours.

    Nothing in it, nor in its `inner` folders, may be a link. It is known by its marks, or by what is `kept` in it. `help`
    says what to do about a folder of others.

    Raises:
        Unreadable, Unusable: it cannot be used.
    """
    try:
        os.scandir(folder.path).close()
    except PermissionError as error:
        raise Unreadable(folder.called, error, help) from error
    except OSError:  # it is not there, or not a folder: whoever writes to it will be told
        pass
    if folder.private and folder.path.is_symlink():
        raise Unusable(folder.called, "it is a link", "remove it")
    links: list[str] = []
    for name in ("", *inner):
        with suppress(OSError), os.scandir(folder.path / name) as entries:
            links += (f"{name}/{entry.name}".lstrip("/") for entry in entries if entry.is_symlink())
    if links:
        raise Unusable(folder.called, f"'{min(links)}' in it is a link", "remove that link")
    if folder.marks.foreign(*kept):
        raise Unusable(folder.called, "there are files of others in it", help)
