"""Reads a whole store, and reports what is damaged."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mlbuild.engine.decide.records import find_action
from mlbuild.engine.store.kept import digest_of
from mlbuild.engine.store.store import DiskStore
from mlbuild.frozen import frozen
from mlbuild.progress import Report, silent


@frozen
class Audit:
    """What was read, in files and bytes, and which files are `damaged`.

    `incomplete` results lack some of their contents, for example because these were found damaged before. Their
    tasks run again when the results are needed.
    """

    contents: int
    actions: int
    notes: int
    size: int
    incomplete: int
    damaged: tuple[Path, ...]


def audit(store: DiskStore, progress: Report = silent) -> Audit:
    """Read every file of a store. Files that are removed meanwhile are skipped."""
    files = [*_all(store)]
    damaged: list[Path] = []
    size = 0
    counts = {"cas": 0, "ac": 0, "notes": 0}
    for number, (kind, path) in enumerate(files):
        progress(number, len(files), "files")
        try:
            size += path.lstat().st_size
            intact = _intact(store, kind, path)
        except FileNotFoundError:
            continue
        except OSError:
            intact = False
        counts[kind] += 1
        if not intact:
            damaged.append(path)
    return Audit(
        counts["cas"], counts["ac"], counts["notes"], size, _incomplete(store, damaged), tuple(damaged)
    )


def remove_damaged(store: DiskStore, found: Audit) -> None:
    """Remove what is damaged, while no build is running. Whatever is needed will be made again.

    Files with other names than mlbuild uses are moved aside.

    Raises:
        Unwritable: The store cannot be written.
    """
    for path in found.damaged:
        store.discard(path)


def _all(store: DiskStore) -> Iterator[tuple[str, Path]]:
    for kind in ("cas", "ac"):
        yield from ((kind, path) for path in store.files(kind))
    for folder, pattern in (store.own, "*.json"), (store.own, "*/*.json"), (store.cache, "roots/*"):
        yield from (("notes", path) for path in folder.entries(pattern))


def _intact(store: DiskStore, kind: str, path: Path) -> bool:
    if kind == "cas":
        return store.owns(path) and digest_of(path) == path.name
    return (kind == "notes" or store.owns(path)) and store.sound(path)


def _incomplete(store: DiskStore, damaged: list[Path]) -> int:
    lost = set(damaged)
    return sum(
        any(
            store.contents.path(digest) in lost or store.contents.size(digest) is None
            for digest in action.digests.values()
        )
        for path in store.files("ac")
        if (action := find_action(store.actions, path.name))
    )
