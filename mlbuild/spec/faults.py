"""Tells which definitions of a spec are at fault in their shape, so that the rest can be checked further."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from mlbuild.diagnostics import Path, Problem
from mlbuild.spec.tree import Document

#: Top-level keys that nothing else in a spec refers to.
ALONE = ("mlbuild", "project", "description", "seed", "warnings", "profiles")
#: Keys of a model that nothing else depends on.
LOOSE = ("params", "metrics", "early_stopping")


def faults_of(document: Document, problems: Iterable[Problem]) -> frozenset[Path] | None:
    """The paths of what cannot be read, given the problems of its shape; None where that leaves nothing to check.

    They are definitions (`("models", "late")`), or where the rest can still be read: single columns of contracts
    and `LOOSE` parts of models. A value that is at fault where it is first written is so wherever an alias repeats it.
    """
    value = document.value
    if not isinstance(value, dict) or () in document.mistaken:
        return None
    paths = [problem.at for problem in problems]
    paths += [at for mistake in document.mistaken for at in _in_doubt(value, mistake)]
    if any(len(at) == 1 and at[0] not in ALONE for at in paths):
        return None
    return frozenset([*map(_unreadable, paths), *_repeated(value, paths)])


def _unreadable(at: Path) -> Path:
    """The smallest part of a spec that has to be left out, if the value at a path is at fault."""
    if at[0:1] == ("contracts",) and at[2:3] == ("columns",) and len(at) > 3:
        return at[:4]
    if at[0:1] == ("models",) and len(at) > 2 and at[2] in LOOSE:
        return at[:3]
    return at[:2]


def _repeated(value: dict[str, Any], paths: list[Path]) -> Iterator[Path]:
    """The definitions that repeat, by an alias, what is at fault in another place."""
    owners: dict[int, set[Path]] = {}
    for at in paths:
        owners.setdefault(id(_innermost(value, at)), set()).add(at[:2])
    for definition, inside in _definitions(value) if owners else ():
        if any(definition not in owners.get(container, {definition}) for container in _containers(inside)):
            yield definition


def _definitions(value: dict[str, Any]) -> Iterator[tuple[Path, Any]]:
    for section, things in value.items():
        if isinstance(things, dict):
            yield from (((section, name), definition) for name, definition in things.items())


def _innermost(value: Any, at: Path) -> Any:
    """The map or list that holds what stands at a path."""
    container = value
    for part in at:
        if not isinstance(value, (dict, list)):
            break
        container = value
        inside = part in value if isinstance(value, dict) else isinstance(part, int)
        value = value[part] if inside else None  # type: ignore[index] # a list has numbers as parts
    if isinstance(value, (dict, list)):
        container = value
    return container


def _containers(value: Any) -> Iterator[int]:
    """The identities of a value's maps and lists; it must not contain itself."""
    if isinstance(value, (dict, list)):
        yield id(value)
        for part in value.values() if isinstance(value, dict) else value:
            yield from _containers(part)


def _in_doubt(value: dict[str, Any], at: Path) -> list[Path]:
    """What a mistake in the text at a path leaves in doubt: all that is defined beside it in a section."""
    section = value[str(at[0])]
    if len(at) == 1 and isinstance(section, dict):
        return [(at[0], name) for name in section]
    return [at]
