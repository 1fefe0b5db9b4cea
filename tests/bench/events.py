"""Events between two builds of a project, and what build tools do about them."""

from __future__ import annotations

import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from mlbuild.frozen import frozen
from tests.bench.peers import Kind, Tool
from tests.bench.process import settle

_SIZE = 100


@frozen
class Event:
    """An event; `stale` says whether results must change because of it."""

    name: str
    happen: Callable[[Kind, Path], object]
    stale: bool = False


def _touch_all(kind: Kind, folder: Path) -> None:
    for pattern in kind.inputs:
        for file in folder.glob(pattern):
            os.utime(file)


def _edit(kind: Kind, folder: Path) -> None:
    """Overwrite a file that the tool has made, as a person or another program would."""
    (folder / kind.made).chmod(0o644)
    (folder / kind.made).write_text("edited by hand\n")


_NOTHING = Event("nothing changed", lambda kind, folder: None)
_TOUCHED = Event("a modification time changed", lambda kind, folder: os.utime(folder / kind.leaf))
_CHANGED = Event("a file changed", lambda kind, folder: kind.rewrite(folder), stale=True)

_DELETED = Event("an output was deleted", lambda kind, folder: (folder / kind.made).unlink())
ALL_TOUCHED = Event("all modification times changed", _touch_all)
EDITED = Event("an output was edited", _edit)

#: The events that are timed.
EVENTS = (_NOTHING, _TOUCHED, _CHANGED)

#: The events for which it is checked what runs. Some tools do not repair an edited file, so that event is the last.
RIGHTNESS = (*EVENTS, ALL_TOUCHED, _DELETED, EDITED)


def what_ran(tool: Tool, place: Path) -> list[str]:
    """Count the tasks that a tool runs in a full build and after each event; note when files are wrong afterwards."""
    size = min(_SIZE, tool.built)
    tool.kind.write(place, size)
    told = [str(_ran(tool, place))]
    for event in RIGHTNESS:
        before = _contents(tool.kind, place)
        event.happen(tool.kind, place)
        settle()
        ran = _ran(tool, place)
        right = event.stale or _contents(tool.kind, place) == before
        told.append(f"{ran}" if right else f"{ran}, left wrong")
    return told


def _ran(tool: Tool, place: Path) -> int:
    before = tool.kind.marks(place)
    tool.run(place)
    return len(tool.kind.marks(place) - before)


def _contents(kind: Kind, folder: Path) -> dict[str, str]:
    """Return the digests of everything that a tool has made."""
    made = folder / Path(kind.made).parts[0]
    return {str(file): sha256(file.read_bytes()).hexdigest() for file in made.rglob("*") if file.is_file()}
