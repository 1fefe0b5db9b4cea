"""A YAML text as a located tree: plain Python values, and the place of every key and value."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from mlbuild.diagnostics import Diagnostic, Path, Problem, Span

#: A character of a scalar's source that stands for one character of its value, blanks left out: blanks fold.
_UNITS = {
    "'": re.compile(r"''|\S"),
    '"': re.compile(r"\\(?:x..|u....|U.{8}|[^\s])|\S"),
}
_PLAIN_UNIT = re.compile(r"\S")
#: Escapes of a double-quoted scalar that stand for a blank.
_BLANK_ESCAPES = frozenset(r"\t \n \v \f \r \N \_ \L \P".split())
_BREAK = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, eq=False)
class Text:
    """What nodes stand in: a file, or the settings of a command line under the name `--set`."""

    name: str
    content: str

    @cached_property
    def _starts(self) -> list[int]:
        """The index at which each line begins, by the line breaks that editors count."""
        return [0, *(found.end() for found in _BREAK.finditer(self.content))]

    def span(self, start: int, end: int) -> Span:
        """The place of a range of characters, cut at the end of its first line."""
        line = bisect_right(self._starts, start) - 1
        end = min(end, len(self.content))
        stop = _BREAK.search(self.content, start, end)
        end = max(start, stop.start() if stop else end)
        column = start - self._starts[line] + 1
        return Span(self.name, line + 1, column, line + 1, column + end - start)

    def index(self, span: Span) -> int:
        """The character at which a span of this text begins."""
        return self._starts[span.line - 1] + span.column - 1


@dataclass(slots=True, eq=False)
class Node:
    """A value and where it stands in its text, in characters from 0; the end is exclusive.

    `style` is the first character of a scalar that is not plain, `{` for a map, `[` for a list. `size` counts this
    node and all below it, what an alias stands for as often as it is used. An alias shares the node of its anchor.
    A tree can be joined from several texts; the place of a key is in the text of what stands under it.
    """

    value: Any
    text: Text
    start: int
    end: int
    style: str = ""
    size: int = 1
    keys: dict[str, tuple[int, int]] = field(default_factory=dict)
    children: dict[str | int, Node] = field(default_factory=dict)

    @property
    def scalar(self) -> bool:
        return self.style not in ("{", "[")


@dataclass(frozen=True, eq=False)
class Document:
    """A loaded YAML text, or several joined into one tree.

    `value` consists of plain dicts, lists and scalars; a value that an alias repeats is the same object. `mistakes`
    are those after which loading could go on, and `mistaken` the paths of what each leaves in doubt.
    """

    root: Node
    mistakes: tuple[Diagnostic, ...] = ()
    mistaken: tuple[Path, ...] = ()

    @property
    def file(self) -> str:
        """The file that holds the root."""
        return self.root.text.name

    @property
    def value(self) -> Any:
        return self.root.value

    def span(
        self, path: Path, on: Literal["key", "value", "name"] = "value", offset: tuple[int, int] | None = None
    ) -> Span:
        """The place of the key or the value at `path`; of a map or list its first line.

        Where the path does not exist, the nearest thing around it is meant: a scalar that stands for a longer
        form, or the key of a map or list. `offset` narrows a text to characters `(start, end)` of its value. On its
        "name" a map or list is its key, and a single value itself.
        """
        node, key = self.root, None
        for part in path:
            child = node.children.get(part)
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
        """A problem of this document, with its place."""
        span = self.span(problem.at, problem.on, problem.offset)
        return Diagnostic(problem.code, problem.message, span, problem.help, severity=problem.severity)


def located(root: Node, index: int) -> Path:
    """The path of the innermost value whose text, key included, holds a character of the text of a tree."""
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
    """The place of some characters of a text's value."""
    places = source_offsets(node.text.content[node.start : node.end], node.value, node.style)
    before = sum(not char.isspace() for char in node.value[:start])
    count = sum(not char.isspace() for char in node.value[start:end])
    if before >= len(places):
        return node.text.span(node.start, node.end)
    last = min(before + max(count, 1), len(places)) - 1
    return node.text.span(node.start + places[before][0], node.start + places[last][1])


def source_offsets(source: str, value: str, style: str) -> list[tuple[int, int]]:
    """Where each character of a scalar's value that is no blank stands in its source; empty where that is unclear."""
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
