"""Lists of classes that a spec can name. A class is imported only when it is used."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any, Generic, TypeVar

T = TypeVar("T", covariant=True)


class Catalogue(Sequence[T], Generic[T]):
    """Classes by the names that a spec uses for them, in the order of the reference pages.

    A class is given by the dotted path to import it from, or by a function that makes it. Looking one up imports
    only that one, so a command pays for what its spec names. Iterating imports all of them.
    """

    def __init__(self, entries: Mapping[str, str | Callable[[], Any]]) -> None:
        self._entries = dict(entries)
        self._found: dict[str, T] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """The names, without importing anything."""
        return tuple(self._entries)

    def named(self, name: str) -> T:
        """Return the class with a name.

        Raises:
            KeyError: There is none.
        """
        if name not in self._found:
            entry = self._entries[name]
            self._found[name] = imported(entry) if isinstance(entry, str) else entry()
        return self._found[name]

    def __getitem__(self, index: Any) -> Any:
        names = self.names[index]
        return self.named(names) if isinstance(names, str) else tuple(self.named(name) for name in names)

    def __iter__(self) -> Iterator[T]:
        return (self.named(name) for name in self._entries)

    def items(self) -> Iterator[tuple[str, T]]:
        """Yield each name and its class."""
        return ((name, self.named(name)) for name in self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, name: str, entry: str | Callable[[], Any]) -> None:
        """Add a class, as an extension does before anything has read the catalogue."""
        self._entries[name] = entry


def imported(path: str) -> Any:
    """Import what is at a dotted path: `package.module.Class`."""
    module, _, name = path.rpartition(".")
    return getattr(import_module(module), name)
