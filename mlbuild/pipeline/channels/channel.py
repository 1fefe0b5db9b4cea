"""Channels: names for the model that is in use, such as `prod`. `channels/NAME.json` says which model it is, and
`channels/NAME/` has its files.

The file can come from anywhere, so it is checked before anything in it is believed: its size, its form, and that the
files it names are in the folder of the channel.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from mlbuild.engine.canonical import is_digest
from mlbuild.engine.decide.documents import fits
from mlbuild.engine.store.kept import digest_of
from mlbuild.folders import CHANNELS, MODEL
from mlbuild.frozen import frozen
from mlbuild.kinds import Json
from mlbuild.regular import read_regular
from mlbuild.shown import is_unicode

#: The folder of all channels, in the folder of the project.
FOLDER = CHANNELS
FORMAT = 1
#: The most changes of a channel that are kept, and the largest file.
MOST = 100
_LIMIT = 10_000_000
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
_ALGORITHM = "sha256:"


class BadChannel(Exception):
    """The file of a channel cannot be used. The message is a sentence."""


@frozen
class Promotion:
    """A change of a channel: which model it has from then on, who changed it, why and when.

    `action` is `promote` or `rollback`. `files` are the digests of the files of the model, and `previous` is the digest of the model
    to which the channel can go back. `gates` are the findings of the gates of its build. `forced` says that
    the files were not those that a build had published.
    """

    output: str
    digest: str
    previous: str | None
    files: Mapping[str, str]
    gates: Mapping[str, str]
    build: str | None
    by: str | None
    why: str | None
    at: str
    action: str = "promote"
    forced: bool = False

    def to_json(self) -> Json:
        previous = self.previous and _ALGORITHM + self.previous
        return {
            **vars(self),
            "digest": _ALGORITHM + self.digest,
            "previous": previous,
            "files": dict(self.files),
            "gates": dict(self.gates),
        }

    @staticmethod
    def from_json(told: Json) -> Promotion:
        previous = told["previous"] and told["previous"].removeprefix(_ALGORITHM)
        return Promotion(**{**told, "digest": told["digest"].removeprefix(_ALGORITHM), "previous": previous})


@frozen
class Channel:
    """A channel: its name, and its changes, the newest first. The first one says which model it has."""

    name: str
    changes: tuple[Promotion, ...]

    @property
    def now(self) -> Promotion:
        return self.changes[0]

    def text(self) -> bytes:
        """Return the content of its file."""
        history = [one.to_json() for one in self.changes[1:MOST]]
        told = {"format": FORMAT, **self.now.to_json(), "history": history}
        return json.dumps(told, indent=2).encode() + b"\n"


def file_of(root: Path, name: str) -> Path:
    return root / FOLDER / f"{name}.json"


def folder_of(root: Path, name: str) -> Path:
    return root / FOLDER / name


def is_name(name: str) -> bool:
    """Whether a text can be the name of a channel, and so of a file and a folder."""
    return _NAME.fullmatch(name) is not None


def find_channel(root: Path, name: str) -> Channel | None:
    """Return the channel of a project with this name; None if there is none.

    Raises:
        BadChannel: Its file cannot be read, or mlbuild did not write it.
    """
    file = f"{FOLDER}/{name}.json"
    try:
        told = json.loads(read_regular(file_of(root, name), _LIMIT))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BadChannel(
            f"'{file}' cannot be read: {(error.strerror or 'unknown error').casefold()}"
        ) from None
    except (ValueError, RecursionError):
        raise BadChannel(f"'{file}' is damaged: it is not JSON") from None
    if isinstance(told, dict) and isinstance(told.get("format"), int) and told["format"] > FORMAT:
        raise BadChannel(f"'{file}' was written by a newer version of mlbuild")
    if not fits(told, {"format": FORMAT, **_CHANGE, "history": [_CHANGE]}) or len(told["history"]) >= MOST:
        raise BadChannel(f"'{file}' is damaged: it does not have the form that mlbuild writes")
    now = {name: told[name] for name in _CHANGE}
    return Channel(name, tuple(map(Promotion.from_json, (now, *told["history"]))))


def channels_of(root: Path) -> list[str]:
    """Return the names of the channels of a project."""
    try:
        files = sorted((root / FOLDER).glob("*.json"))
    except OSError:
        return []
    return [file.stem for file in files if is_name(file.stem)]


def changed_file(root: Path, channel: Channel) -> str | None:
    """Return a file of the current model that is not as the channel says; None if all are."""
    for name, digest in channel.now.files.items():
        try:
            if digest_of(folder_of(root, channel.name) / name) != digest:
                return name
        except OSError:
            return name
    return None


def _text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= 10_000 and is_unicode(value)


def _told_digest(value: Any) -> bool:
    return (
        isinstance(value, str) and value.startswith(_ALGORITHM) and is_digest(value.removeprefix(_ALGORITHM))
    )


def _files(value: Any) -> bool:
    """Whether files with digests are in a folder, one of them the model."""
    return fits(value, {str: is_digest}) and len(value) <= 1000 and MODEL in value and all(map(inside, value))


def inside(name: str) -> bool:
    """Whether the name of a file leads to a place in its folder."""
    path = PurePosixPath(name)
    strange = path.is_absolute() or ".." in path.parts or path.as_posix() != name or not path.parts
    return _text(name) and not strange and "\\" not in name and "\0" not in name and ":" not in name


_CHANGE = {
    "output": _text,
    "digest": _told_digest,
    "previous": (None, _told_digest),
    "files": _files,
    "gates": lambda told: fits(told, {str: str}) and len(told) <= 1000,
    "build": (None, _text),
    "by": (None, _text),
    "why": (None, _text),
    "at": _text,
    "action": ("promote", "rollback"),
    "forced": bool,
}
