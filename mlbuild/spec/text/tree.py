"""A YAML text as a tree: plain Python values, and the place of every key and value."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from mlbuild.diagnostics import Diagnostic, Path, Problem, Span
from mlbuild.frozen import frozen

#: The source of one character of a scalar's value. Spaces are excluded, because they can be folded.
_UNITS = {
    "'": re.compile(r"''|\S"),
    '"': re.compile(r"\\(?:x..|u....|U.{8}|[^\s])|\S"),
}
_PLAIN_UNIT = re.compile(r"\S")
#: Escapes in double-quoted scalars that mean a space.
_BLANK_ESCAPES = frozenset(r"\t \n \v \f \r \N \_ \L \P".split())
_BREAK = re.compile(r"\r\n|\r|\n")


@frozen(eq=False)
class SourceText:
    """The text that nodes are in: a file, or the settings of a command line under the name `--set`."""

    name: str
    content: str

    @cached_property
    def _starts(self) -> list[int]:
        """The index of the start of each line, with the line breaks that editors count."""
        return [0, *(found.end() for found in _BREAK.finditer(self.content))]

    def span(self, start: int, end: int) -> Span:
        """Return the place of a range of characters, cut off at the end of its first line."""
        line = bisect_right(self._starts, start) - 1
        end = min(end, len(self.content))
        stop = _BREAK.search(self.content, start, end)
        end = max(start, stop.start() if stop else end)
        column = start - self._starts[line] + 1
        return Span(self.name, line + 1, column, line + 1, column + end - start)

    def index(self, span: Span) -> int:
        """Return the index of the character where a span of this text starts."""
        return self._starts[span.line - 1] + span.column - 1


@dataclass(slots=True, eq=False)
class Node:
    """A value and its place in its text, in characters from 0; the end is exclusive.

    `style` is the first character of a scalar that is not plain, `{` for a map, `[` for a list. `size` is the
    number of nodes including this one; what an alias repeats counts each time. An alias shares the node of its
    anchor. A tree can be joined from several texts. The place of a key is in the same text as its value.
    """

    value: Any
    text: SourceText
    start: int
    end: int
    style: str = ""
    size: int = 1
    keys: dict[str, tuple[int, int]] = field(default_factory=dict)
    children: dict[str | int, Node] = field(default_factory=dict)

    @property
    def scalar(self) -> bool:
        return self.style not in ("{", "[")


@frozen(eq=False)
class Document:
    """A loaded YAML text, or several joined into one tree.

    `value` consists of plain dicts, lists and scalars. A value that an alias repeats is the same object. `mistakes`
    are those after which loading could continue, and `mistaken` are the paths that each of them affects.
    """

    root: Node
    mistakes: tuple[Diagnostic, ...] = ()
    mistaken: tuple[Path, ...] = ()

    @property
    def file(self) -> str:
        """The file with the root."""
        return self.root.text.name

    @property
    def value(self) -> Any:
        return self.root.value

    def node(self, path: Path) -> Node | None:
        """Return the node at a path, None if nothing is written there."""
        node: Node | None = self.root
        for part in path:
            node = node.children.get(part) if node else None
        return node

    def span(
        self, path: Path, on: Literal["key", "value", "name"] = "value", offset: tuple[int, int] | None = None
    ) -> Span:
        """Return the place of the key or the value at `path`; for a map or list, its first line.

        If the path does not exist, the nearest parent is used: a scalar that stands for a longer form, or the key
        of a map or list. A list can stand for a map with the list under some key. `offset` narrows a text to the characters `(start, end)` of its value. The "name" of a map
        or list is its key, and that of a single value is the value itself.
        """
        node, key = self.root, None
        for part in path:
            child = node.children.get(part)
            if child is None and node.style == "[" and isinstance(part, str):
                continue
            if child is None:
                on = "value" if node.scalar else "key"
                break
            key = node.keys.get(part) if isinstance(part, str) else None
            node = child
        if on == "name":
            on = "value" if node.scalar else "key"
        if key is not None and (on == "key" or node.start == node.end):
            return node.text.span(*key)
        if offset is not None and isinstance(node.value, str):
            return _inside(node, *offset)
        return node.text.span(node.start, node.end)

    def diagnostic(self, problem: Problem) -> Diagnostic:
        """Return a problem of this document with its place."""
        span = self.span(problem.at, problem.on, problem.offset)
        return Diagnostic(problem.code, problem.message, span, problem.help, severity=problem.severity)


def located(root: Node, index: int) -> Path:
    """Return the path of the innermost value whose text, including its key, contains a character of the text."""
    node = root
    path: Path = ()
    while True:
        for part, child in node.children.items():
            start = node.keys[part][0] if isinstance(part, str) and part in node.keys else child.start
            if start <= index < max(child.end, start + 1):
                node, path = child, (*path, part)
                break
        else:
            return path


def _inside(node: Node, start: int, end: int) -> Span:
    """Return the place of some characters of a text value."""
    places = source_offsets(node.text.content[node.start : node.end], node.value, node.style)
    before = sum(not char.isspace() for char in node.value[:start])
    count = sum(not char.isspace() for char in node.value[start:end])
    if before >= len(places):
        return node.text.span(node.start, node.end)
    last = min(before + max(count, 1), len(places)) - 1
    return node.text.span(node.start + places[before][0], node.start + places[last][1])


def source_offsets(source: str, value: str, style: str) -> list[tuple[int, int]]:
    """Return where each character of a scalar's value is in its source, except spaces; empty if that is unclear."""
    begin = 0
    if style in ("|", ">") and style:
        begin = source.find("\n") + 1
    elif style:
        begin = 1
    wanted = [char for char in value if not char.isspace()]
    units = [
        unit
        for unit in _UNITS.get(style, _PLAIN_UNIT).finditer(source, begin)
        if style != '"' or unit[0] not in _BLANK_ESCAPES
    ][: len(wanted)]
    exact = len(units) == len(wanted) and (
        style == '"' or all(unit[0][0] == char for unit, char in zip(units, wanted, strict=True))
    )
    return [unit.span() for unit in units] if exact else []
