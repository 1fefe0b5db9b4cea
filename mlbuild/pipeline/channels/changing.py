"""Promotes a published output to a channel, and takes a channel back to its previous model."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from mlbuild.diagnostics import Unreadable, Unusable, Unwritable
from mlbuild.engine.exporting.exported import files_in, find_exported, is_below
from mlbuild.engine.exporting.swap import take_place, write_folder
from mlbuild.engine.store.kept import remove
from mlbuild.engine.store.store import DiskStore
from mlbuild.folders import MODEL
from mlbuild.kinds import Json
from mlbuild.pipeline.builds.recorder import user
from mlbuild.pipeline.channels.channel import (
    FOLDER,
    MOST,
    BadChannel,
    Channel,
    Promotion,
    changed_file,
    channels_of,
    file_of,
    find_channel,
    folder_of,
    inside,
)
from mlbuild.pipeline.tasks.verdicts import gate
from mlbuild.regular import NOTE_LIMIT, read_regular, replace_regular

#: The largest file of an output.
_LARGEST = 2_000_000_000


class Refused(Exception):
    """A channel cannot be changed like this. `forcible` says whether `--force` would do it."""

    def __init__(self, message: str, help: str | None = None, forcible: bool = False) -> None:
        super().__init__(message)
        self.help, self.forcible = help, forcible


class Absent(Refused):
    """There is no such channel, folder or previous model."""


def promote(
    store: DiskStore, output: str, folder: str, name: str, why: str | None = None, *, force: bool = False
) -> tuple[Channel, bool]:
    """Make the model in the published folder of an output that of a channel, and return it.

    The second value is false if it is its model already. With `force`, the folder can contain anything that is called
    like a model.

    Raises:
        Refused: The folder is not as a build published it.
        BadChannel: The file of the channel cannot be used.
        Unwritable: The channel or the store cannot be written.
    """
    channel = find_channel(store.root, name)
    known = find_exported(store.local, folder)
    place = store.root / folder
    if not os.path.isdir(place):  # noqa: PTH112  # false if access is denied
        raise Absent(f"there is no folder '{folder}'", "build the output first")
    if known is None and not force:
        raise Refused(f"no build of this folder published '{folder}'", "build the output first", True)
    found = _stored(store, place)
    as_built = known is not None and found == known.parts
    if not as_built and not force:
        changed = sorted({*found.items()} ^ {*known.parts.items()})[0][0] if known else ""
        message = f"'{folder}/{changed}' was changed after the build published it"
        raise Refused(message, "build again", True)
    if channel and channel.now.files == found:
        _write_folder(store, channel)
        return channel, False
    new = Promotion(
        output=output,
        digest=found[MODEL],
        previous=channel.now.digest if channel else None,
        files=found,
        gates=_gates(place),
        build=known.build if known and as_built else None,
        by=user(),
        why=why,
        at=_now(),
        forced=not as_built,
    )
    return _changed(store, name, channel, new), True


def champion(store: DiskStore, name: str) -> Channel | None:
    """Return the channel with whose model a new one is compared, after bringing back files of it; None if there is none yet.

    Raises:
        Refused: The files of its model are not there, so nothing can be compared with it.
        BadChannel, Unwritable: As for `promote`.
    """
    channel = find_channel(store.root, name)
    if channel is not None and not restored(store, channel):
        message = f"'{FOLDER}/{name}/{changed_file(store.root, channel)}' is missing or not the promoted file"
        raise Refused(message, f"commit '{FOLDER}/{name}', or use a shared cache that has its files")
    return channel


def release(
    store: DiskStore,
    output: str,
    folder: str,
    name: str,
    why: str,
    before: Channel | None,
    digest: str,
) -> tuple[Channel, bool]:
    """Promote the model with a digest, whose gates compared it with that of the channel as it was `before`, and return the channel.

    The second value is false if it is its model already, whatever else differs in its folder.

    Raises:
        Refused: The channel or the folder was changed since the build.
        BadChannel, Unwritable: As for `promote`.
    """
    if find_channel(store.root, name) != before:
        message = f"channel '{name}' was changed during the build, so the gates compared with another model"
        raise Refused(message, "release again")
    if before is not None and before.now.digest == digest:
        return before, False
    known = find_exported(store.local, folder)
    if known is None or known.parts.get(MODEL) != digest:
        raise Refused(f"another build published '{folder}' in the meantime", "release again")
    return promote(store, output, folder, name, why)


def rollback(store: DiskStore, name: str, why: str | None = None) -> Channel:
    """Take a channel back to its previous model, and return it.

    Raises:
        Absent: There is no such channel or no previous model.
        Refused: Its files are no longer in the store.
        BadChannel, Unwritable: As for `promote`.
    """
    channel = find_channel(store.root, name)
    if channel is None:
        raise Absent(f"there is no channel '{name}'", _listed(store.root))
    before = channel.now.previous
    target = next((one for one in channel.changes[1:] if one.digest == before), None)
    if before is None or target is None:
        raise Absent(f"channel '{name}' has no previous model")
    new = replace(target, by=user(), why=why, at=_now(), action="rollback")
    return _changed(store, name, channel, new)


def restored(store: DiskStore, channel: Channel) -> bool:
    """Bring back files of a channel that are missing or changed. Return whether all are there then."""
    if changed_file(store.root, channel) is None:
        return True
    with suppress(Refused):
        _write_folder(store, channel)
        return True
    return False


def held(root: Path) -> set[str]:
    """Return the digests of all files that channels may go back to, which must stay in the store."""
    found: set[str] = set()
    for name in channels_of(root):
        with suppress(BadChannel):
            channel = find_channel(root, name)
            found |= {digest for one in (channel.changes if channel else ()) for digest in one.files.values()}
    return found


def _changed(store: DiskStore, name: str, channel: Channel | None, new: Promotion) -> Channel:
    """Write the next state of a channel: its folder is written before, and put in place afterwards."""
    found = Channel(name, (new, *(channel.changes if channel else ()))[:MOST])
    if not is_below(store.root, folder_of(store.root, name)):
        raise Unusable(FOLDER, "it is outside the project", f"remove the link '{FOLDER}'")
    _write_folder(store, found)
    return found


def _write_folder(store: DiskStore, channel: Channel) -> None:
    """Write the files of the current model of a channel, and then its file, which says that they are.

    A process that is killed between these leaves a file that does not match its folder, which `restored` repairs.

    Raises:
        Refused: A file is no longer in the store.
    """
    contents, target = store.contents, folder_of(store.root, channel.name)
    lost = [name for name, digest in channel.now.files.items() if not contents.verify(digest)]
    if lost:
        message = f"'{lost[0]}' of the model of channel '{channel.name}' is no longer in the store"
        raise Refused(message, "build it again, and promote it")
    coming, former = (target.with_name(f".{channel.name}.{kind}") for kind in ("new", "old"))
    try:
        for swap in (coming, former):
            remove(swap)
        write_folder(channel.now.files, contents, coming)
        replace_regular(file_of(store.root, channel.name), channel.text())
        take_place(coming, target, former)
        remove(former)
    except OSError as error:
        raise Unwritable(
            f"{FOLDER}/{channel.name}", error, "the channel is unchanged, or run the command again"
        ) from error


def _stored(store: DiskStore, folder: Path) -> Mapping[str, str]:
    """Put the files of a folder into the store, and return their digests.

    Raises:
        Refused: A file has an unusual name, or the folder contains no model.
        Unreadable: A file cannot be read.
    """
    found = {}
    for name in files_in(folder):
        if not inside(name):
            raise Refused(f"'{folder.name}' contains a file with the unusual name '{name}'", "remove it")
        try:
            content = read_regular(folder / name, _LARGEST)
        except OSError as error:
            raise Unreadable(f"{folder.name}/{name}", error, "build again") from None
        found[name] = store.contents.put(content)
    if MODEL not in found:
        raise Refused(f"'{folder.name}' contains no {MODEL}", "build again")
    return found


def _gates(folder: Path) -> dict[str, str]:
    """Return what the gates of a published model found, by their words."""
    try:
        told: Json = json.loads(read_regular(folder / gate.REPORT, NOTE_LIMIT))
        return {str(one["words"]): str(one["verdict"]) for one in told["gates"]}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _listed(root: Path) -> str:
    names = channels_of(root)
    return (
        f"channels: {', '.join(names)}"
        if names
        else "promote an output first: mlbuild promote OUTPUT CHANNEL"
    )
