"""The models of channels for a server, which follows them."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from mlbuild.cli.exits import Stopped
from mlbuild.cli.reading.folders import profile_in
from mlbuild.pipeline.channels.channel import (
    FOLDER,
    BadChannel,
    Channel,
    changed_file,
    file_of,
    find_channel,
    folder_of,
)
from mlbuild.serving.model import Model, Unservable
from mlbuild.shown import shown


def private_columns(folder: Path) -> frozenset[str]:
    """Return the columns of a model whose values must not be logged, which its profile names.

    Raises:
        UsageError: It has none.
    """
    return frozenset(one.name for one in profile_in(folder).columns if one.bins is None)


def keyless(model: Model) -> str:
    """Say that values of a model cannot be logged without a key."""
    return f"'{shown(min(model.hashed))}' of '{shown(model.name)}' is logged as a hash, which needs a key"


class ChannelSource:
    """The model of a channel of the project at `root`, which a server calls `name`. If it is `logged`, its profile must say which columns
    are private, and a key must be there for `hashing` if a column needs it.
    """

    def __init__(self, root: Path, channel: str, name: str, *, logged: bool, hashing: bool = False) -> None:
        self._root, self._channel, self._name = root, channel, name
        self._logged, self._hashing = logged, hashing

    @property
    def called(self) -> str:
        return f"channel '{self._channel}'"

    def state(self) -> object:
        """Return the times and sizes of the file of the channel and of the files of its model."""
        found: list[object] = []
        with suppress(OSError):
            found.append(_facts(os.stat(file_of(self._root, self._channel))))  # noqa: PTH116
        with suppress(OSError), os.scandir(folder_of(self._root, self._channel)) as entries:
            found.append(sorted((one.name, *_facts(one.stat())) for one in entries))
        return found

    def load(self) -> Model:
        """Return the model, whose files are as the channel says before and after they are read.

        Raises:
            Unservable: They are not, or the model cannot be served.
        """
        channel = self._whole()
        folder = folder_of(self._root, self._channel)
        try:
            private = private_columns(folder) if self._logged else frozenset()
        except Stopped as error:
            raise Unservable(str(error)) from None
        model = Model(self._name, folder, private)
        if self._logged and not self._hashing and model.hashed:
            raise Unservable(keyless(model))
        if self._whole() != channel or model.digest != channel.now.digest:
            raise Unservable("its files changed while they were read")
        return model

    def _whole(self) -> Channel:
        try:
            channel = find_channel(self._root, self._channel)
        except BadChannel as error:
            raise Unservable(str(error)) from None
        if channel is None:
            raise Unservable(f"there is no file '{FOLDER}/{self._channel}.json'")
        changed = changed_file(self._root, channel)
        if changed is not None:
            raise Unservable(f"'{FOLDER}/{self._channel}/{changed}' is missing or not the promoted file")
        return channel


def _facts(of: os.stat_result) -> tuple[int, int, int]:
    return of.st_mtime_ns, of.st_size, of.st_ino
