"""The text of a spec as a build record holds it: digests of its files, and every value with its place.

The values are those that are written, after includes, profiles and settings were merged. Defaults are not among them, so
a new version of mlbuild is not a change of the spec.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mlbuild.engine.canonical import digest
from mlbuild.params import Json
from mlbuild.spec.layers.settings import FLAG
from mlbuild.spec.spec import Spec
from mlbuild.spec.text.tree import Node


def spec_digests(spec: Spec) -> dict[str, str]:
    """Return a digest of the text of each file of a spec, by its path relative to the project."""
    return {_relative(spec, part.file): digest(part.root.text.content.encode()) for part in spec.parts}


def written(spec: Spec) -> Json:
    """Return the values of a spec, and their lines in the same shape.

    A scalar has the place of its key, or its own in a list: a line of the main file, `FILE:LINE`, or `--set`. A map or
    list has a pair of its place and those of its items.
    """
    return {"values": spec.document.value, "lines": _lines(spec, spec.document.root, None)}


def told_spec(record: Json) -> Json:
    """Return what a record says about the spec, without the values that are written in it."""
    return {name: value for name, value in record["spec"].items() if name not in ("values", "lines")}


def place_of(lines: Any, path: Sequence[str | int], file: str) -> str:
    """Return the place of a path as `FILE:LINE`, or that of the nearest parent that is written. Empty if it is unknown.

    `lines` come from a record, and `file` is the main file of its spec.
    """
    place, rest = _split(lines)
    for part in path:
        try:
            place, rest = _split(rest[part])
        except (KeyError, IndexError, TypeError):
            break
    return f"{file}:{place}" if isinstance(place, int) else place if isinstance(place, str) else ""


def _split(lines: Any) -> tuple[Any, Any]:
    """Return the place of a value, and the places of its items."""
    return (lines[0], lines[1]) if isinstance(lines, list) and len(lines) == 2 else (lines, None)


def _lines(spec: Spec, node: Node, key: tuple[int, int] | None) -> Any:
    at = _place(spec, node, key)
    if node.scalar:
        return at
    if isinstance(node.value, list):
        return [at, [_lines(spec, node.children[index], None) for index in range(len(node.value))]]
    return [
        at,
        {str(name): _lines(spec, child, node.keys.get(str(name))) for name, child in node.children.items()},
    ]


def _place(spec: Spec, node: Node, key: tuple[int, int] | None) -> int | str:
    line = node.text.span(*(key or (node.start, node.end))).line
    if node.text.name == spec.document.file:
        return line
    return FLAG if node.text.name == FLAG else f"{_relative(spec, node.text.name)}:{line}"


def _relative(spec: Spec, file: str) -> str:
    return Path(os.path.relpath(file, spec.root)).as_posix()
