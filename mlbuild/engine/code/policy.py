"""Facts about code that cannot be derived from the code."""

from __future__ import annotations

from mlbuild.frozen import frozen


@frozen
class Prose:
    """An argument with human-readable text: a literal string, or the literal strings that are values of a literal map.

    `function` is the called function, and `argument` its parameter, with its `position` if it can be passed by
    position. The text can be read only as the attribute `read_as` of some object.
    """

    function: str
    argument: str
    position: int | None
    read_as: str


@frozen
class Policy:
    """Facts about definitions, given by their full names.

    `catalogues` are values that list all classes of a kind. A task declares which of them it uses, and the others
    do not count. `families` are classes whose methods, including those of subclasses, are called only by our own
    code, and by name. A method that nothing names does not count. `lookups` look up attributes by computed names,
    but never methods. `compilers` run only text that they write themselves, which names nothing but what they are
    given. `prose` counts only if something reads it. `wrappers` are pairs of functions: the first does nothing but
    call the second, with other defaults. As decorators, both say the same about what they decorate.
    """

    catalogues: frozenset[str] = frozenset()
    families: frozenset[str] = frozenset()
    lookups: frozenset[str] = frozenset()
    compilers: frozenset[str] = frozenset()
    prose: tuple[Prose, ...] = ()
    wrappers: tuple[tuple[str, str], ...] = ()
