"""Finds the records of builds for commands that compare them. The spec itself is not read, so it can have errors."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from mlbuild.cli.exits import DATA, TASK, Stopped, UsageError
from mlbuild.cli.output.printing import counted, say
from mlbuild.cli.project import find_file
from mlbuild.cli.reading.channels import refused
from mlbuild.engine.store.kept import digest_of
from mlbuild.engine.store.local import RUNS
from mlbuild.engine.store.store import open_store
from mlbuild.frozen import frozen
from mlbuild.pipeline.channels.channel import channels_of, is_name
from mlbuild.pipeline.channels.model import NoModel, model_of
from mlbuild.pipeline.tasks import artifact, publish
from mlbuild.regular import is_regular, real
from mlbuild.shown import shown
from mlbuild.tracking.builds import Build, History, is_counted

_NAMES = (
    "'mlbuild runs' lists the builds; last, previous, last~2, a git revision that was built, a channel, an output, a published folder and its "
    "model.onnx name builds, too"
)


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


def find_build(history: History, asked: str, model: str | None = None) -> Build:
    """Return a build by what people call it: see `History.find`. A channel, an output, a published folder or its
    `model.onnx` names the build of this model.

    Raises:
        UsageError: There is none, or several are meant.
        Stopped: It is a git revision that was not built.
    """
    side = find_side(history, asked, model)
    if side.build is None:
        raise UsageError(f"no recorded build made '{shown(str(side.model))}'", _NAMES)
    return side.build


@frozen(eq=False)
class Side:
    """What a comparison is about: a build, or a model file, or the model file of a build."""

    build: Build | None
    model: Path | None = None


def find_side(history: History, asked: str, model: str | None = None) -> Side:
    """Return a build as `find_build` does, or a model file that no recorded build made.

    Raises:
        UsageError, Stopped: As for `find_build`.
    """
    file = _model(history, asked)
    if file is not None:
        return Side(history.made(digest_of(file)), file)
    try:
        found = history.find(asked, model)
    except LookupError as error:
        raise UsageError(str(error.args[0]), "write more of its name") from None
    if found is not None:
        return Side(found)
    if commit := history.commit(asked):
        again = f"git switch --detach {shown(commit[:12])} && mlbuild build && git switch -"
        message = (
            f"revision '{shown(asked)}' ({commit[:7]}) has no recorded build without changes to its files"
        )
        raise Stopped(message, f"build it: {again}", TASK)
    raise UsageError(f"there is no build '{shown(asked)}'", _NAMES)


def _model(history: History, asked: str) -> Path | None:
    """Return the model that people mean by a path, the name of a channel or that of a published output.

    Raises:
        Stopped: It is a channel whose file is damaged or whose model is missing.
    """
    model = Path(asked) / artifact.MODEL if os.path.isdir(asked) else Path(asked)  # noqa: PTH112  # as above
    if os.path.lexists(asked) and is_regular(model):  # as above
        return model
    if not is_name(asked) or is_counted(asked):
        return None
    if asked in channels_of(history.root):
        try:
            with refused():
                return model_of(history.root, asked)
        except NoModel as error:
            raise Stopped(f"{error}", "'mlbuild channels' restores it from the store", DATA) from None
    published = history.root / publish.folder_of(asked, ()) / artifact.MODEL
    return published if is_regular(published) and history.find(asked) is None else None


def offered(earlier: int) -> None:
    """Say how many builds are not shown."""
    if earlier > 0:
        say([f"{counted(earlier, 'earlier build')} not shown (--last 0 shows all)"])
