"""What a store holds that nothing needs any more, and its removal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mlbuild.engine.decide.records import find_action
from mlbuild.engine.store.store import DiskStore


@dataclass(frozen=True)
class Kept:
    """A file of a store: where, how many bytes, and when it was written in ns."""

    path: Path
    size: int
    time: int


@dataclass(frozen=True)
class Garbage:
    """What can go: results with no one left to use them, contents of none that stays, and what was never finished.

    `builds` counts the results by the build that made them. `needed` counts the bytes of what must stay, `staying`
    of all that does.
    """

    actions: tuple[Kept, ...]
    contents: tuple[Kept, ...]
    others: tuple[Kept, ...]
    builds: Mapping[str, int]
    needed: int
    staying: int

    @property
    def files(self) -> tuple[Kept, ...]:
        """In the order in which they can go: at any time, no result is there without its contents."""
        return self.actions + self.contents + self.others

    @property
    def size(self) -> int:
        return sum(kept.size for kept in self.files)


def find_garbage(
    store: DiskStore, keys: Collection[str], budget: int | None = None, others: Iterable[Path] = ()
) -> Garbage:
    """What can go where the results of `keys` must stay: all else; with a `budget` in bytes the oldest, until the
    store is no larger. `others` are files that can go besides; temporary ones always can, once no build runs.
    """
    actions = _files(store, "ac")
    contents = _files(store, "cas")
    parts = {path: _contents(store, path, contents) for path in actions}
    needed = {path for path, found in parts.items() if found is not None and path.name in keys}
    users = Counter(content for found in parts.values() for content in found or ())
    size = sum(kept.size for kept in actions.values()) + sum(contents[path].size for path in users)
    going: list[Kept] = []
    for path in _oldest(actions, needed):
        if budget is not None and size <= budget and parts[path] is not None:
            continue
        going.append(actions[path])
        users.subtract(parts[path] or ())
        freed = [content for content in parts[path] or () if not users[content]]
        size -= actions[path].size + sum(contents[content].size for content in freed)
    least = {content for path in needed for content in parts[path] or ()}
    return Garbage(
        tuple(going),
        tuple(kept for path, kept in contents.items() if not users[path]),
        tuple(kept for path in [*_leftovers(store), *others] if (kept := _kept(path))),
        Counter(action.build for kept in going if (action := find_action(store, kept.path.name))),
        sum(actions[path].size for path in needed) + sum(contents[path].size for path in least),
        size,
    )


def remove_garbage(store: DiskStore, garbage: Garbage) -> None:
    """Remove it, while no build runs.

    Raises:
        Unwritable: the store cannot be written.
    """
    for kept in garbage.files:
        store.discard(kept.path)


def _oldest(actions: dict[Path, Kept], needed: Collection[Path]) -> list[Path]:
    return sorted((path for path in actions if path not in needed), key=lambda path: actions[path].time)


def _files(store: DiskStore, kind: str) -> dict[Path, Kept]:
    return {path: kept for path in store.files(kind) if store.owns(path) and (kept := _kept(path))}


def _contents(store: DiskStore, action: Path, contents: Collection[Path]) -> frozenset[Path] | None:
    """The contents that a recorded result consists of, as far as they are there; None for no result."""
    found = find_action(store, action.name)
    if found is None:
        return None
    return frozenset(path for digest in found.digests.values() if (path := store.path(digest)) in contents)


def _leftovers(store: DiskStore) -> Iterator[Path]:
    yield from store.own.leftovers()
    if store.shared:
        yield from store.cache.leftovers()


def _kept(path: Path) -> Kept | None:
    try:
        found = path.lstat()
    except OSError:  # it has just gone
        return None
    return Kept(path, found.st_size, found.st_mtime_ns)
