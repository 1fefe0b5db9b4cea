"""Tables from outside: what a source is."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import ClassVar, TypeVar

from mlbuild.data.formats.format import Format
from mlbuild.data.locators.locator import Locator
from mlbuild.params import Described, Name, field

Part = TypeVar("Part", Format, Locator)


@dataclass(frozen=True)
class Source(Described):
    """A table from outside and the contract that it must keep; the keys of its locator and its format are beside it."""

    place: ClassVar[type[Locator]]
    kind: ClassVar[type[Format]]

    contract: str = field(
        Name("contract"), "The contract that the table must keep; it says which columns are read."
    )

    @property
    def locator(self) -> Locator:
        """Where the table is."""
        return self._part(self.place)

    @property
    def format(self) -> Format:
        """How the table is written there."""
        return self._part(self.kind)

    def _part(self, cls: type[Part]) -> Part:
        return cls(**{item.name: vars(self)[item.name] for item in fields(cls)})


def source_of(place: type[Locator], kind: type[Format]) -> type[Source]:
    """What a source is whose table is in such a place and has such a format: it has the keys of both."""
    names = {"place": place, "kind": kind, "__doc__": kind.__doc__, "__module__": __name__}
    return dataclass(frozen=True)(type(kind.__name__, (kind, Source, place), names))
