"""Determines which definitions of a spec have an invalid shape, so that the rest can be checked."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from typing import Any

from mlbuild.diagnostics import Path, Problem
from mlbuild.spec.root import PLAIN
from mlbuild.spec.sections import SECTIONS
from mlbuild.spec.text.tree import Document

#: Top-level keys that nothing else in a spec refers to.
_ALONE = (*PLAIN, "profiles")
_SECTION = {section.key: section for section in SECTIONS}


def faults_of(document: Document, problems: Iterable[Problem]) -> frozenset[Path] | None:
    """Return the paths that cannot be read, given the problems of shape; None if nothing is left to check.

    They are definitions (`("models", "late")`) or, if the rest can still be read, parts of definitions. A value
    that is invalid where it is first written is also invalid wherever an alias repeats it.
    """
    value = document.value
    if not isinstance(value, dict) or () in document.mistaken:
        return None
    paths = [problem.at for problem in problems]
    paths += [at for mistake in document.mistaken for at in _in_doubt(value, mistake)]
    if any(len(at) == 1 and at[0] not in _ALONE for at in paths):
        return None
    return frozenset([*map(_unreadable, paths), *_repeated(value, paths)])


def _unreadable(at: Path) -> Path:
    """Return the smallest part of a spec that must be left out if the value at a path is invalid."""
    section = _SECTION.get(str(at[0])) if at else None
    return at[:2] if section is None else section.unreadable(at)


def _repeated(value: dict[str, Any], paths: list[Path]) -> Iterator[Path]:
    """Yield the paths where aliases repeat an invalid value."""
    faulty: dict[int, set[Path]] = {}
    for at in paths:
        container, rest = _innermost(value, at)
        faulty.setdefault(id(container), set()).add(rest)
    for path, container in _routes(value, faulty) if faulty else ():
        yield from (_unreadable((*path, *rest)) for rest in faulty[id(container)])


def _innermost(value: Any, at: Path) -> tuple[Any, Path]:
    """Return the map or list that contains what is at a path, and the rest of the path from there."""
    container, rest = value, at
    for index, part in enumerate(at):
        # A layer can have replaced the list by a shorter one.
        inside = part in value if isinstance(value, dict) else isinstance(part, int) and part < len(value)
        value = value[part] if inside else None
        if not isinstance(value, (dict, list)):
            break
        container, rest = value, at[index + 1 :]
    return container, rest


def _routes(value: Any, wanted: Container[int]) -> Iterator[tuple[Path, Any]]:
    """Yield every path that leads to one of the wanted maps and lists, which are compared by identity."""
    leads: dict[int, bool] = {}

    def find(one: Any) -> bool:
        if not isinstance(one, (dict, list)):
            return False
        if id(one) not in leads:
            inside = [find(part) for part in (one.values() if isinstance(one, dict) else one)]
            leads[id(one)] = id(one) in wanted or any(inside)
        return leads[id(one)]

    def walk(one: Any, path: Path) -> Iterator[tuple[Path, Any]]:
        if find(one):
            if id(one) in wanted:
                yield path, one
            for part, child in one.items() if isinstance(one, dict) else enumerate(one):
                yield from walk(child, (*path, part))

    return walk(value, ())


def _in_doubt(value: dict[str, Any], at: Path) -> list[Path]:
    """Return what a mistake in the text at a path affects: everything that is defined next to it in a section."""
    if at[0] not in value:
        return []  # a key of an included file that has no meaning outside it
    section = value[str(at[0])]
    if len(at) == 1 and isinstance(section, dict):
        return [(at[0], name) for name in section]
    return [at]
