"""Remembers what was reached from definitions, so that the next process need not follow the names again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import chain, islice
from typing import Any

from mlbuild.engine.canonical import is_digest
from mlbuild.engine.code.library import Place
from mlbuild.engine.decide.documents import fits
from mlbuild.engine.store.local import Local
from mlbuild.frozen import frozen

_NOTE = "reached"
#: How many entries are kept. Each has the names of some hundred modules.
_MOST = 256


def _is_module(value: Any) -> bool:
    return isinstance(value, str) and all(part.isidentifier() for part in value.split("."))


_ENTRY = [is_digest, [_is_module]]


@frozen
class Reached:
    """What some definitions reach: its version, and the modules that are imported on the way."""

    version: str
    loaded: frozenset[str]


class Remembered:
    """What earlier processes have reached.

    All of it counts as forgotten as soon as one of the modules that these processes looked at has another content, or
    `by` differs, which stands for everything else that determines what is reached.
    """

    def __init__(self, local: Local, by: str, content_of: Callable[[str], str | None]) -> None:
        self._local, self._by = local, by
        note = local.note(_NOTE)
        shape = {"by": by, "modules": {str: (None, is_digest)}, "reached": {str: _ENTRY}}
        self._modules: Mapping[str, str | None] = {}
        self._reached: Mapping[str, list[Any]] = {}
        if fits(note, shape) and all(
            _is_module(name) and content_of(name) == known for name, known in note["modules"].items()
        ):
            self._modules, self._reached = note["modules"], note["reached"]

    def get(self, starts: tuple[Place, ...]) -> Reached | None:
        """Return what is reached from these definitions, if it is known."""
        entry = self._reached.get(_name(starts))
        return None if entry is None else Reached(entry[0], frozenset(entry[1]))

    def keep(self, found: Mapping[tuple[Place, ...], Reached], modules: Mapping[str, str | None]) -> None:
        """Add what this process has reached. `modules` are those that it looked at, each with its content.

        None stands for a module that does not exist: if it appears, a name may lead there.
        """
        new = {_name(starts): [one.version, sorted(one.loaded)] for starts, one in found.items()}
        if new.keys() <= self._reached.keys():
            return
        entries = dict(islice(chain(new.items(), self._reached.items()), _MOST))
        note = {"by": self._by, "modules": {**self._modules, **modules}, "reached": entries}
        self._local.keep_note(_NOTE, note)


def _name(starts: tuple[Place, ...]) -> str:
    return " ".join(f"{module}:{name or ''}" for module, name in starts)
