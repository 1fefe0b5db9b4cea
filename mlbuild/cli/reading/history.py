"""Finds the records of builds for commands that compare them. The spec itself is not read, so it can have errors."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from mlbuild.cli.exits import UsageError
from mlbuild.cli.output.printing import counted, say
from mlbuild.cli.project import find_file
from mlbuild.engine.store.local import RUNS
from mlbuild.engine.store.store import open_store
from mlbuild.regular import real
from mlbuild.shown import shown
from mlbuild.tracking.builds import Build, History


def history_of(args: argparse.Namespace, folder: Path | None = None) -> History:
    """Return the builds of the spec of the command line, or those with a record in another folder.

    Raises:
        UsageError: There is no such spec or folder.
    """
    if folder is not None:
        if not os.path.isdir(folder):  # noqa: PTH112  # the name can be any text
            raise UsageError(f"there is no folder '{shown(str(folder))}'")
        records = folder / ".mlbuild" / RUNS
        own = records.is_dir()
        return History.of(real(folder) if own else Path.cwd(), records if own else folder)
    file = find_file(args.file)
    root = real(file.parent)
    return History.of(root, open_store(root).own.path / RUNS, file.name)


def find_build(history: History, asked: str) -> Build:
    """Return a build by what people call it.

    Raises:
        UsageError: There is none, or several are meant.
    """
    try:
        found = history.find(asked)
    except LookupError as error:
        raise UsageError(str(error.args[0]), "name more of it") from None
    if found is None:
        help_ = "'mlbuild runs' lists the builds; last, previous and last~2 name some, and git revisions that were built do too"
        raise UsageError(f"there is no build '{shown(asked)}'", help_)
    return found


def offered(earlier: int) -> None:
    """Say how many builds are not shown."""
    if earlier > 0:
        say([f"{counted(earlier, 'earlier build')} not shown (--last 0 shows all)"])
