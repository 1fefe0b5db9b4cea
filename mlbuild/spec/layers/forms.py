"""Short forms of a spec, such as `carrier: string`, and the long forms that they stand for, by their paths."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from mlbuild.diagnostics import Path
from mlbuild.kinds import Kind, MapOf
from mlbuild.params import Object, params_of
from mlbuild.spec.root import Root
from mlbuild.spec.text.tree import Node

#: The path of a short form. None matches any name that the user chooses.
_Pattern = tuple[str | None, ...]


def long_form(node: Node, at: Path) -> Node:
    """Return the map that a short form at a path of a spec stands for; the node itself if it is not a short form."""
    key = None if not isinstance(node.value, str) else _key(at)
    if key is None:
        return node
    place = (node.start, node.end)
    size = 1 + node.size
    return Node({key: node.value}, node.text, *place, "{", size, {key: place}, {key: node})


def _key(at: Path) -> str | None:
    """Return the key that a text at a path stands for, if there is one."""
    for pattern, key in _patterns():
        if len(pattern) == len(at) and all(
            want in (None, got) for want, got in zip(pattern, at, strict=True)
        ):
            return key
    return None


@cache
def _patterns() -> tuple[tuple[_Pattern, str], ...]:
    return tuple(_below(Object(Root), ()))


def _below(kind: Kind, at: _Pattern) -> Iterator[tuple[_Pattern, str]]:
    if isinstance(kind, MapOf):
        yield from _below(kind.item, (*at, None))
    elif isinstance(kind, Object):
        if kind.short is not None:
            yield at, kind.short_key
        for key, param in params_of(kind.cls).items():
            yield from _below(param.kind, (*at, key))
