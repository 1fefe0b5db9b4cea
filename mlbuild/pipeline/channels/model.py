"""The model of a channel as an input of a task."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from mlbuild.engine.decide.external import Glance, Token
from mlbuild.engine.decide.files import LocalFile, settled
from mlbuild.folders import MODEL
from mlbuild.frozen import frozen
from mlbuild.pipeline.channels.channel import (
    FOLDER,
    BadChannel,
    changed_file,
    file_of,
    find_channel,
    folder_of,
)

_FACTS = 4


class NoModel(Exception):
    """A channel has no model, or its files are not there. The message is the reason, as a sentence without an end."""


def model_of(root: Path, name: str) -> Path:
    """Return the file of the model of a channel, which is as the channel says.

    Raises:
        NoModel: There is none.
        BadChannel: The file of the channel cannot be used.
    """
    channel = find_channel(root, name)
    if channel is None:
        raise NoModel(f"there is no channel '{name}' yet")
    changed = changed_file(root, channel)
    if changed is not None:
        raise NoModel(f"'{FOLDER}/{name}/{changed}' is missing or not the promoted file")
    return folder_of(root, name) / MODEL


@frozen
class ChannelModel:
    """The model of a channel. Its content is the model, or the reason why there is none: a channel can be made later."""

    name: str

    @property
    def called(self) -> str:
        return f"{FOLDER}/{self.name}"

    def token(self, root: Path) -> Token | None:
        found: Token = []
        for file in self._read(root):
            found += [file.called, *(file.token(root) or ["missing"])]
        return found

    def settled(self, token: Token, at: int) -> bool:
        facts = [one for one in token if isinstance(one, int)]
        return all(settled(facts[start : start + _FACTS], at) for start in range(0, len(facts), _FACTS))

    def digest(self, root: Path) -> str | None:
        try:
            return LocalFile(model_of(root, self.name), self.called).digest(root)
        except (NoModel, BadChannel) as error:
            return hashlib.sha256(str(error).encode()).hexdigest()

    def glances(self, token: Token, root: Path) -> Sequence[Glance] | None:
        if "missing" in token:  # there is nothing to look at
            return None
        found = [file.glances(known, root) for file in self._read(root) if (known := file.token(root))]
        return [one for some in found for one in some]

    def files(self, root: Path) -> Sequence[Path]:
        """Return the folder of the project, from which `model_of` finds the model."""
        return [root]

    def _read(self, root: Path) -> Iterator[LocalFile]:
        """Yield the files that decide about the content."""
        yield LocalFile(file_of(root, self.name), f"{self.called}.json")
        try:
            channel = find_channel(root, self.name)
        except BadChannel:
            return
        for name in channel.now.files if channel else ():
            yield LocalFile(folder_of(root, self.name) / name, f"{self.called}/{name}")
