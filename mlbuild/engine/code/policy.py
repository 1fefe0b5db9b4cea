"""What is known about code besides what can be read in it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Prose:
    """An argument that holds text for people: the literal text, or the literal texts that are values of a literal map.

    `function` is what is called, and `argument` its parameter, at `position` if it can be given without its name. The
    text can be read only as the attribute `read_as` of some object.
    """

    function: str
    argument: str
    position: int | None
    read_as: str


@dataclass(frozen=True)
class Policy:
    """Definitions, by their full names, of which more is known than a look at the code can tell.

    `catalogues` are values that list all classes of a kind: a task says which of them it uses, the others do not count.
    `families` are classes whose methods, and those of their subclasses, only our own code calls, and by their names: a
    method that nothing names does not count. `lookups` look attributes up by computed names, and find no method by
    that. `prose` counts only where something reads it.
    """

    catalogues: frozenset[str] = frozenset()
    families: frozenset[str] = frozenset()
    lookups: frozenset[str] = frozenset()
    prose: tuple[Prose, ...] = ()
