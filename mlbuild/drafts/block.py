"""Writes maps, lists and comments as block YAML.

Comments can contain names from the data. A line break in one would end the comment, so characters that cannot be
seen are escaped.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from mlbuild.frozen import frozen
from mlbuild.params import Described, params_of, write
from mlbuild.shown import visible
from mlbuild.spec.text.quoting import as_yaml

_WIDTH = 110


@frozen
class Noted:
    """A value with a comment after it, or after its key."""

    value: Any
    remark: str


@frozen
class Remark:
    """Comment lines, used as a key of a map with the value None."""

    text: str


def block(value: Mapping[Any, Any], indent: int = 0) -> Iterator[str]:
    """Yield the lines of a map.

    A tuple of scalars is written on one line if it fits; a list has one line per item.
    """
    pad = " " * indent
    for key, item in value.items():
        if isinstance(key, Remark):
            yield from remark_lines(key.text, indent)
            continue
        remark = f"  # {visible(item.remark)}" if isinstance(item, Noted) else ""
        yield from _entry(pad + as_yaml(key) + ":", _plain(item), indent, remark)


def remark_lines(text: str, indent: int = 0) -> Iterator[str]:
    """Yield the lines of a comment, wrapped. A line break in the text starts a new line."""
    pad = " " * indent + "# "
    for line in map(visible, text.split("\n")):
        hang = pad + " " * (len(line) - len(line.lstrip()) + 2)
        wrapped = textwrap.wrap(
            line, _WIDTH, initial_indent=pad, subsequent_indent=hang, drop_whitespace=False
        )
        yield from (found.rstrip() for found in wrapped or [pad])


def _entry(head: str, value: Any, indent: int, remark: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield head + remark
        yield from block(value, indent + 2)
    elif isinstance(value, (list, tuple)):
        yield from _items(head, value, indent, remark)
    else:
        yield f"{head} {as_yaml(value)}{remark}"


def _items(head: str, items: list[Any] | tuple[Any, ...], indent: int, remark: str) -> Iterator[str]:
    if isinstance(items, tuple):
        flow = f"{head} [{', '.join(map(as_yaml, items))}]"
        if len(flow) <= _WIDTH:
            yield flow + remark
            return
    yield head + remark
    for item in items:
        pad = " " * (indent + 2)
        if isinstance(item, Mapping):
            first, *rest = block(item, indent + 4)
            yield f"{pad}- {first.lstrip()}"
            yield from rest
        else:
            yield f"{pad}- {as_yaml(item)}"


def _plain(item: Any) -> Any:
    return item.value if isinstance(item, Noted) else item


def told(described: Described) -> dict[str, Any]:
    """Return what a person would write for a value: no defaults, and lists on one line."""
    params = params_of(type(described))
    keys = {
        key: value
        for key, value in write(described).items()
        if key not in params or getattr(described, params[key].name) != params[key].default
    }
    return {key: tuple(value) if isinstance(value, list) else value for key, value in keys.items()}


def reasons(why: Mapping[str, str]) -> str:
    """Return a reason for each name, one per line."""
    return "\n".join(f"  {as_yaml(name)}: {visible(reason)}" for name, reason in why.items())
