"""Finds the folders of built models without the spec: outputs, channels, and any other folder."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any, NamedTuple

from mlbuild.cli.exits import DATA, Stopped, UsageError
from mlbuild.cli.running import profiles_of
from mlbuild.folders import METRICS, MODEL, PROFILE, dist_of
from mlbuild.hints import did_you_mean, listed
from mlbuild.kinds import Json
from mlbuild.pipeline.channels.channel import (
    BadChannel,
    changed_file,
    channels_of,
    find_channel,
    folder_of,
    is_name,
)
from mlbuild.profiles.profile import Profile
from mlbuild.regular import NOTE_LIMIT, is_regular, read_regular
from mlbuild.shown import shown

_AGAIN = "build the output again"


class Found(NamedTuple):
    """The usual name of a model, its folder, and the channel that has it, if it was found by that."""

    name: str
    folder: Path
    channel: str | None = None


class Folders:
    """The folders of the models of a project. `dist` contains those of its built `outputs`."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.root = Path(args.file).parent if args.file else Path()
        self.dist = self.root / dist_of(profiles_of(args))
        try:
            self.outputs = sorted(file.parent.name for file in self.dist.glob(f"*/{MODEL}"))
        except OSError:  # the name of the folder is that of a profile, and can be too long
            self.outputs = []

    def find(self, asked: str) -> Found:
        """Return where a model is.

        Raises:
            Stopped: There is none, or the files of a channel are not those that were promoted.
        """
        folder = Path(asked)
        if asked and is_regular(folder / MODEL):
            return Found(folder.resolve().name, folder)
        if asked in self.outputs:
            return Found(asked, self.dist / asked)
        channels = channels_of(self.root)
        if not is_name(asked) or asked not in channels:
            known = [*self.outputs, *channels]
            near = did_you_mean(asked, known) or (
                f"available: {listed(known)}" if known else "build it first"
            )
            raise UsageError(f"there is no output, folder or channel '{shown(asked)}'", near)
        restore = "'mlbuild channels' restores it from the store"
        try:
            channel = find_channel(self.root, asked)
            changed = channel and changed_file(self.root, channel)
        except BadChannel as error:
            raise Stopped(str(error), restore, DATA) from None
        if channel is None or changed is not None:
            raise Stopped(f"'{changed}' of channel '{asked}' is not the promoted file", restore, DATA)
        return Found(channel.now.output, folder_of(self.root, asked), asked)


def profile_in(folder: Path) -> Profile:
    """Return the profile of the model in a folder.

    Raises:
        UsageError: There is none that can be read.
    """
    told = _read(folder / PROFILE)
    try:
        return Profile.from_json(told)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise _unreadable(folder / PROFILE) from None


def metrics_in(folder: Path) -> Json:
    """Return what `metrics.json` in the folder of a model says about metrics, and what is needed to compute them again.

    Raises:
        UsageError: There is none that can be read.
    """
    told = _read(folder / METRICS)
    try:
        return {key: told[key] for key in ("metrics", "intervals", "classes", "threshold")}
    except (KeyError, TypeError):
        raise _unreadable(folder / METRICS) from None


def _read(file: Path) -> Any:
    if not is_regular(file):
        raise UsageError(f"there is no file '{shown(str(file))}'", _AGAIN)
    try:
        return json.loads(read_regular(file, NOTE_LIMIT))
    except (OSError, ValueError, RecursionError):
        raise _unreadable(file) from None


def _unreadable(file: Path) -> UsageError:
    return UsageError(f"'{shown(str(file))}' cannot be read", _AGAIN)
