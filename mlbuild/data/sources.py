"""Sources: tables from outside the project."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from functools import partial
from typing import ClassVar, TypeVar

from mlbuild.catalogue import imported
from mlbuild.data.formats import FORMATS
from mlbuild.data.formats.format import Format
from mlbuild.data.locators.locator import Locator
from mlbuild.diagnostics import Problem
from mlbuild.frozen import frozen
from mlbuild.params import Described, Name, field

Part = TypeVar("Part", Format, Locator)


@frozen
class Source(Described):
    """A table from outside and the contract that it must satisfy.

    It also has the keys of its locator and its format.
    """

    place: ClassVar[type[Locator]]
    kind: ClassVar[type[Format]]

    contract: str = field(
        Name("contract"), "Contract that the table must satisfy. It also selects the columns that are read."
    )

    @property
    def locator(self) -> Locator:
        """The location of the table."""
        return self._part(self.place)

    @property
    def format(self) -> Format:
        """The format of the table, with the options that follow from the name of its file."""
        return self._part(self.kind).for_file(self.locator.name)

    def _part(self, cls: type[Part]) -> Part:
        return cls(**{item.name: vars(self)[item.name] for item in fields(cls)})


def source_of(place: type[Locator], kind: type[Format]) -> type[Source]:
    """Create the class of sources with this locator and this format. It has the keys of both.

    If the locator has only this format, the type of the source is its scheme.
    """
    mark = f"{place.scheme}.{kind.type}" if place.scheme else kind.type
    main: type[Locator | Format] = kind
    if place.only:
        mark, main = place.scheme, place
    names = {
        "place": place,
        "kind": kind,
        "discriminator": ("type", mark),
        "usual": main.usual,
        "check": _check,
        "__doc__": main.__doc__,
        "__module__": __name__,
    }
    made: type[Source] = frozen(type(main.__name__, (kind, Source, place), names))
    return made


def source_at(path: str, kind: type[Format]) -> type[Source]:
    """Import the locator at a dotted path, and create the class of its sources with this format."""
    return source_of(imported(path), kind)


def of_every_format(path: str, scheme: str = "") -> Mapping[str, Callable[[], type[Source]]]:
    """Return what makes the sources at a locator in each format, by the names of these sources."""
    return {f"{scheme}.{one.type}" if scheme else one.type: partial(source_at, path, one) for one in FORMATS}


def _check(source: Source) -> Iterator[Problem]:
    """Yield the contradictions between the keys of the locator, and between those of the format."""
    yield from source.place.check(source._part(source.place))
    yield from source.kind.check(source._part(source.kind))
