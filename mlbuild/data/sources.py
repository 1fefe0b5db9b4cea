"""Tables from outside: what a source is."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import ClassVar

from mlbuild.data.formats.format import Format
from mlbuild.params import Described, Name, Text, field


@dataclass(frozen=True)
class Source(Described):
    """A table from outside and the contract that it must keep; the options of its format are keys beside these."""

    kind: ClassVar[type[Format]]

    path: str = field(Text(), "The file, relative to the folder of the spec.")
    contract: str = field(
        Name("contract"), "The contract that the table must keep; it says which columns are read."
    )

    @property
    def format(self) -> Format:
        """How the table stands in the file."""
        return self.kind(**{item.name: vars(self)[item.name] for item in fields(self.kind)})


def source_of(kind: type[Format]) -> type[Source]:
    """What a source is whose file has a format: the keys of both."""
    made = type(
        kind.__name__, (kind, Source), {"kind": kind, "__doc__": kind.__doc__, "__module__": __name__}
    )
    return dataclass(frozen=True)(made)
