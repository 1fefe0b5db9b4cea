"""Finds and removes what nothing in a store needs any more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from mlbuild.engine.decide.records import find_action
from mlbuild.engine.store.store import DiskStore
from mlbuild.frozen import frozen


@frozen
class Kept:
    """A file of a store: its path, its size in bytes, and when it was written in ns."""

    path: Path
    size: int
    time: int


@frozen
class Garbage:
    """What can be removed: results that nobody uses, contents of no remaining result, and unfinished files.

    `builds` counts the results by the build that made them. `needed` is the size in bytes of what must stay,
    `staying` of everything that stays.
    """

    actions: tuple[Kept, ...]
    contents: tuple[Kept, ...]
    others: tuple[Kept, ...]
    builds: Mapping[str, int]
    needed: int
    staying: int

    @property
    def files(self) -> tuple[Kept, ...]:
        """In a safe order for removal: at no time is there a result without its contents."""
        return self.actions + self.contents + self.others

    @property
    def size(self) -> int:
        return sum(kept.size for kept in self.files)


def find_garbage(
    store: DiskStore,
    keys: Collection[str],
    budget: int | None = None,
    others: Iterable[Path] = (),
    held: Collection[str] = (),
) -> Garbage:
    """Return everything that can be removed while keeping the results for `keys`, and the contents `held`.

    With a `budget` in bytes, only the oldest, until the store fits. `others` are other files that can be removed.
    Temporary files can always be removed, if no build is running.
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
    kept_anyway = {store.contents.path(digest) for digest in held}
    return Garbage(
        tuple(going),
        tuple(kept for path, kept in contents.items() if not users[path] and path not in kept_anyway),
        tuple(kept for path in [*_leftovers(store), *others] if (kept := _kept(path))),
        Counter(action.build for kept in going if (action := find_action(store.actions, kept.path.name))),
        sum(actions[path].size for path in needed) + sum(contents[path].size for path in least),
        size,
    )


def remove_garbage(store: DiskStore, garbage: Garbage) -> None:
    """Remove garbage, while no build is running.

    Raises:
        Unwritable: The store cannot be written.
    """
    for kept in garbage.files:
        store.discard(kept.path)


def _oldest(actions: dict[Path, Kept], needed: Collection[Path]) -> list[Path]:
    return sorted((path for path in actions if path not in needed), key=lambda path: actions[path].time)


def _files(store: DiskStore, kind: str) -> dict[Path, Kept]:
    return {path: kept for path in store.files(kind) if store.owns(path) and (kept := _kept(path))}


def _contents(store: DiskStore, action: Path, contents: Collection[Path]) -> frozenset[Path] | None:
    """Return the existing contents of a recorded result; None if it is not a result."""
    found = find_action(store.actions, action.name)
    if found is None:
        return None
    return frozenset(
        path for digest in found.digests.values() if (path := store.contents.path(digest)) in contents
    )


def _leftovers(store: DiskStore) -> Iterator[Path]:
    yield from store.own.leftovers()
    if store.shared:
        yield from store.cache.leftovers()


def _kept(path: Path) -> Kept | None:
    try:
        found = path.lstat()
    except OSError:  # it has just been removed
        return None
    return Kept(path, found.st_size, found.st_mtime_ns)
