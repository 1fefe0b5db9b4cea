"""Settings on the command line, `--set PATH=VALUE`: trees with one path, typed and located as if they were in a
file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from mlbuild.diagnostics import Diagnostic, Path
from mlbuild.frozen import frozen
from mlbuild.hints import did_you_mean, listed
from mlbuild.spec.layers.forms import long_form
from mlbuild.spec.layers.overlay import map_like
from mlbuild.spec.root import COMPOSING, SECTION_KEYS
from mlbuild.spec.text.builder import MAX_DEPTH
from mlbuild.spec.text.loader import forbidden, parse
from mlbuild.spec.text.tree import Document, Node, SourceText

#: The name of the text with all settings, one per line.
FLAG = "--set"

_PART = re.compile(r'"(?:[^"\\]|\\.)*"|[^."=\[\]]+')
_INDEX = re.compile(r"\[([0-9]{1,9})\]")
_HELP = 'write PATH=VALUE, such as models.late.params.num_leaves=31, columns."a.b".min=0 or features[0]=age'

#: A part of a path and its place.
Part = tuple[str | int, tuple[int, int]]


@frozen(eq=False)
class Setting:
    """One flag: the value at a path. `mistakes` are those of the value, `mistaken` the paths that they affect."""

    parts: tuple[Part, ...]
    value: Node
    mistakes: tuple[Diagnostic, ...] = ()
    mistaken: tuple[Path, ...] = ()

    @property
    def layer(self) -> Document:
        """The setting as a tree."""
        return Document(_set(None, self.parts, self.value))

    def applied(self, root: Node) -> Node | Diagnostic:
        """Return the tree with the value at the path. Missing maps on the way are created."""
        return self._astray(root) or _set(root, self.parts, self.value)

    def _astray(self, root: Node) -> Diagnostic | None:
        """Return why a path is invalid: an index beyond a list, or a name that is not defined."""
        first, place = self.parts[0]
        if first in COMPOSING:
            message = f"'{first}' cannot be set: it is resolved before --set is applied"
            return Diagnostic("bad-setting", message, self.value.text.span(*place))
        node: Node | None = root
        for depth, (part, place) in enumerate(self.parts):
            path = tuple(name for name, _ in self.parts[:depth])
            if found := _step(node, path, part, more=depth + 1 < len(self.parts)):
                code, message, help_ = found
                return Diagnostic(code, message, self.value.text.span(*place), help_)
            node = node.children.get(part) if node else None
        return None


def settings_text(flags: Sequence[str]) -> str:
    """Return the text that diagnostics of settings point into: one flag per line."""
    return "\n".join(re.sub(r"[\r\n]", " ", flag) for flag in flags)


def read_settings(flags: Sequence[str]) -> tuple[list[Setting], list[Diagnostic]]:
    """Return the settings of `--set` flags, in order, and the errors in the others. Line 1 is the first flag."""
    text = SourceText(FLAG, settings_text(flags))
    if bad := forbidden(text):
        return [], [bad]
    settings: list[Setting] = []
    found: list[Diagnostic] = []
    start = 0
    for flag in text.content.split("\n") if flags else ():
        read = _read(text, start, start + len(flag))
        if isinstance(read, Setting):
            settings.append(read)
            found.extend(read.mistakes)
        else:
            found.extend(read)
        start += len(flag) + 1
    return settings, found


def _read(text: SourceText, start: int, end: int) -> Setting | list[Diagnostic]:
    """Read the setting between two characters of the text."""
    try:
        parts = [*_parts(text.content, start, end)]
    except ValueError as error:
        where, message = error.args
        return [Diagnostic("bad-setting", message, text.span(where, max(end, where + 1)), _HELP)]
    begin = (parts[-1][1][1] if parts else start) + 1
    if len(parts) > MAX_DEPTH:
        message = f"maps and lists are nested more than {MAX_DEPTH} levels deep"
        return [Diagnostic("too-deep", message, text.span(*parts[MAX_DEPTH][1]))]
    # Replace everything else by spaces, so that places in the value are also places in the text.
    only = SourceText(text.name, re.sub(r"[^\n]", " ", text.content[:begin]) + text.content[begin:end])
    value = parse(only)
    if isinstance(value, Document):
        path = tuple(part for part, _ in parts)
        mistaken = tuple((*path, *at) for at in value.mistaken)
        return Setting(tuple(parts), value.root, value.mistakes, mistaken)
    if [one.code for one in value] == ["empty-spec"]:
        return Setting(tuple(parts), Node(None, only, begin, end))
    return value


def _parts(content: str, start: int, end: int) -> Iterator[Part]:
    """Yield the parts of the path before the `=`.

    Raises:
        ValueError: With the character where it stops being a path, and what is wrong.
    """
    at, first = start, True
    while first or content[at : at + 1] != "=" or at >= end:
        index = None if first else _INDEX.match(content, at, end)
        dot = not first and content[at : min(at + 1, end)] == "."
        part = _PART.match(content, at + dot, end) if first or dot else None
        found = index or part
        if found is None:
            what = "'=' is missing" if at >= end else "this is not a valid path"
            raise ValueError(start if at >= end else at, what)
        yield (int(index[1]) if index else _name(found[0], at)), found.span()
        at, first = found.end(), False


def _name(text: str, at: int) -> str:
    try:
        return str(json.loads(text)) if text.startswith('"') else text
    except ValueError:
        raise ValueError(at, "invalid JSON escape sequence") from None


def _step(node: Node | None, path: Path, part: str | int, more: bool) -> tuple[str, str, str | None] | None:
    """Return what is wrong with the next part of a path: code, message, help."""
    here = f"'{path[-1]}'" if path else "the spec"
    if isinstance(part, int):
        if node is None or node.style != "[":
            return "bad-setting", f"{here} is not a list: it has no item [{part}]", None
        count = len(node.children)
        if part >= count:
            items = "1 item" if count == 1 else f"{count} items"
            return "bad-setting", f"{here} has only {items}: there is no [{part}]", "indexes start at 0"
    elif node is not None and node.style == "[":
        return (
            "bad-setting",
            f"{here} is a list: it has no key '{part}'",
            "use an index, such as [0]",
        )
    elif more and len(path) == 1 and path[0] in SECTION_KEYS and (node is None or part not in node.children):
        known = [] if node is None else [str(name) for name in node.children]
        help_ = did_you_mean(part, known) or f"available keys: {listed(known) or 'none'}"
        return "unknown-key", f"unknown key '{part}' in {here}", help_
    return None


def _set(node: Node | None, parts: Sequence[Part], value: Node, at: Path = ()) -> Node:
    """Return a copy of the tree with another value at a path. Parts that the path does not touch are shared."""
    if not parts:
        return value
    (part, place), *rest = parts
    node = long_form(node, at) if node else None
    below = node.children.get(part) if node else None
    child = _set(below, rest, value, (*at, part))
    if isinstance(part, int):
        return _with_item(node, part, child)
    old = node if node and node.style == "{" else Node({}, value.text, place[0], value.end, "{")
    # A key has its place in the same text as its value, so an existing map keeps its place.
    keys = old.keys if below and child.text is below.text else {**old.keys, part: place}
    return map_like(old, {**old.children, part: child}, keys)


def _with_item(node: Node | None, index: int, child: Node) -> Node:
    """Return a list with another item at an index; if there is no list, a list with only this item."""
    old = node or Node([], child.text, child.start, child.end, "[")
    children = {**old.children, index: child}
    items = [item.value for item in children.values()]
    size = 1 + sum(item.size for item in children.values())
    return Node(items, old.text, old.start, old.end, "[", size, {}, children)
