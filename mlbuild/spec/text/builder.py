"""Turns YAML events into a tree of nodes: scalars, keys, anchors and merges. Refuses some features of YAML."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from mlbuild.diagnostics import Diagnostic, Related
from mlbuild.spec.text.scalars import is_null, resolve
from mlbuild.spec.text.tree import Node, SourceText

#: The maximum number of nodes of a spec. What an alias repeats counts each time.
MAX_NODES = 1_000_000
#: The maximum nesting depth of maps and lists.
MAX_DEPTH = 100

_TEXT_TAG = "tag:yaml.org,2002:str"
_PROPERTIES = re.compile(r"(?:[&!]\S*\s+)*")
_TAG = re.compile(r"!\S*")


class ReadingStopped(Exception):
    """Reading cannot continue."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


@dataclass(slots=True)
class _Open:
    """A map or list that has not ended. `key` is waiting for its value, and `merges` are the values of `<<`."""

    node: Node
    anchor: str | None
    key: _Key | None = None
    merges: list[Node] | None = None

    @property
    def wants_key(self) -> bool:
        return self.node.style == "{" and self.key is None


@dataclass(slots=True)
class _Key:
    """`name` is None if the key is refused."""

    name: str | None
    place: tuple[int, int]
    merge: bool = False


@dataclass
class Builder:
    """Builds one document. Mistakes after which reading can continue are collected."""

    text: SourceText
    mistakes: list[Diagnostic] = field(default_factory=list)
    _stack: list[_Open] = field(default_factory=list)
    _anchors: dict[str, Node | None] = field(default_factory=dict)
    _root: Node | None = None
    _documents: int = 0

    def build(self, events: Iterable[Any]) -> Node | None:
        """Return the root of the document, None if there is none.

        Raises:
            Stopped: The rest cannot be read.
        """
        handlers = {
            "ScalarEvent": self._scalar,
            "AliasEvent": self._alias,
            "MappingStartEvent": self._open_map,
            "SequenceStartEvent": self._open_list,
            "MappingEndEvent": self._close,
            "SequenceEndEvent": self._close,
            "DocumentStartEvent": self._document,
        }
        for event in events:
            handler = handlers.get(type(event).__name__)
            if handler is not None:
                handler(event)
        return self._root

    def _document(self, event: Any) -> None:
        self._documents += 1
        if self._documents > 1:
            start = event.start_mark.index
            raise ReadingStopped(
                self._diagnostic(
                    "several-documents",
                    "a spec must be a single YAML document, but a second one starts here",
                    (start, start + 3),
                    "remove the '---'",
                )
            )

    def _scalar(self, event: Any) -> None:
        start, end = self._start(event), event.end_mark.index
        plain = not event.style and not event.tag
        self._refuse_indicator(event)
        node = Node(event.value, self.text, start, max(start, end), event.style or "")
        if self._stack and self._stack[-1].wants_key:
            self._stack[-1].key = self._key(event.value, (start, node.end), plain)
        else:
            if plain:
                self._resolve(node)
            self._attach(node)
        if event.anchor:
            self._anchors[event.anchor] = node

    def _start(self, event: Any) -> int:
        """Return where the text of a value starts, after its anchor and tag. A refused tag is part of the value."""
        start = int(event.start_mark.index)
        if event.tag and (event.tag != _TEXT_TAG or not hasattr(event, "value")):
            found = _TAG.search(self.text.content, start)
            start, end = found.span() if found else (start, start)
            message = f"the YAML tag '{self.text.content[start:end]}' is not supported"
            self._mistake(
                "yaml-tag", message, (start, end), "remove it; put a value in quotes to make it a string"
            )
        elif event.tag or event.anchor:
            found = _PROPERTIES.match(self.text.content, start)
            start = found.end() if found else start
        return start

    def _refuse_indicator(self, event: Any) -> None:
        """Refuse a single '-' and a '?' before a text: editors read them differently inside brackets and braces, or
        not at all.
        """
        start, end = event.start_mark.index, event.end_mark.index
        asked = self.text.content[start - 1 : start] == "?"
        if asked or (event.value == "-" and not event.style and self.text.content[end : end + 1] != ":"):
            place = (start - 1, start) if asked else (start, start + 1)
            message = f"an unquoted value cannot start with '{'?' if asked else '-'}'"
            self._mistake("bad-yaml", message, place, "put the value in quotes")

    def _resolve(self, node: Node) -> None:
        try:
            node.value = resolve(node.value)
        except ValueError as error:
            self._mistake("out-of-range", f"{error} is too large for a float64", (node.start, node.end))

    def _key(self, name: str, place: tuple[int, int], plain: bool) -> _Key:
        map_ = self._stack[-1]
        if plain and is_null(name):
            self._mistake("bad-key", "a key is missing here" if not name else "a key cannot be null", place)
            return _Key(None, place)
        if name in map_.node.keys:
            self._repeated(name, place, map_.node.keys[name])
            return _Key(None, place)
        map_.node.keys[name] = place
        return _Key(name, place, merge=plain and name == "<<")

    def _complex_key(self, place: tuple[int, int]) -> _Key:
        """Handle a map, a list or an alias as a key. Mistakes inside it belong to the same mistake."""
        while self.mistakes and self.mistakes[-1].span >= self.text.span(*place):
            self.mistakes.pop()
        if self.text.content[place[0] : place[0] + 1] == "*":
            help_ = "write out the key: only values can be aliases"
            self._mistake("bad-key", "an alias cannot be a key", place, help_)
        else:
            help_ = "put a string that starts with a brace or bracket in quotes"
            self._mistake("bad-key", "a key must be a string", place, help_)
        return _Key(None, place)

    def _repeated(self, name: str, place: tuple[int, int], first: tuple[int, int]) -> None:
        before = self.text.span(*first)
        here = self.text.span(*place)
        where = (
            f"on lines {before.line} and {here.line}" if before.line != here.line else f"on line {here.line}"
        )
        help_ = (
            "to merge several maps, write '<<: [*a, *b]'" if name == "<<" else "remove or rename one of them"
        )
        self.mistakes.append(
            Diagnostic(
                "duplicate-key",
                f"duplicate key '{name}' {where}",
                here,
                help_,
                (Related("first defined here", before),),
            )
        )

    def _alias(self, event: Any) -> None:
        place = (event.start_mark.index, event.end_mark.index)
        if event.anchor not in self._anchors:
            message = f"unknown alias: there is no anchor '&{event.anchor}' above it"
            help_ = "define the anchor first, or put a string that starts with '*' in quotes"
            self._mistake("unknown-alias", message, place, help_)
        target = self._anchors.get(event.anchor, Node(None, self.text, *place))
        if target is None:
            raise ReadingStopped(
                self._diagnostic(
                    "recursive-alias",
                    f"the alias '*{event.anchor}' is inside the value that it refers to",
                    place,
                )
            )
        node = Node(target.value, self.text, *place, target.style, target.size, target.keys, target.children)
        self._attach(node)

    def _open_map(self, event: Any) -> None:
        self._open(event, {}, "{")

    def _open_list(self, event: Any) -> None:
        self._open(event, [], "[")

    def _open(self, event: Any, value: Any, style: str) -> None:
        start = self._start(event)
        if len(self._stack) == MAX_DEPTH:
            message = f"maps and lists are nested more than {MAX_DEPTH} levels deep"
            raise ReadingStopped(self._diagnostic("too-deep", message, (start, start + 1)))
        if event.anchor:
            self._anchors[event.anchor] = None
        self._stack.append(_Open(Node(value, self.text, start, start + 1, style), event.anchor))

    def _close(self, event: Any) -> None:
        closed = self._stack.pop()
        node = closed.node
        node.end = max(event.end_mark.index, node.start)
        if closed.merges is not None:
            _merge(node, closed.merges)
        if closed.anchor:
            self._anchors[closed.anchor] = node
        self._attach(node)

    def _attach(self, node: Node) -> None:
        """Attach a finished node: to the waiting key, as the next item, or as the root."""
        if not self._stack:
            self._root = node
            return
        parent = self._stack[-1]
        self._count(parent.node, node)
        if parent.node.style == "[":
            parent.node.children[len(parent.node.children)] = node
            parent.node.value.append(node.value)
        elif parent.key is None:
            parent.key = self._complex_key((node.start, node.end))
        else:
            self._put(parent, parent.key, node)
            parent.key = None

    def _put(self, map_: _Open, key: _Key, node: Node) -> None:
        if key.merge:
            map_.merges = self._merged(node)
        if key.name is not None:
            map_.node.children[key.name] = node
            map_.node.value[key.name] = node.value

    def _merged(self, node: Node) -> list[Node]:
        sources = list(node.children.values()) if node.style == "[" else [node]
        if all(source.style == "{" for source in sources):
            return sources
        # An alias without an anchor could be anything.
        doubtful = {one.span for one in self.mistakes if one.code == "unknown-alias"}
        wrong = [source for source in sources if source.style != "{"]
        if any(self.text.span(source.start, source.end) not in doubtful for source in wrong):
            self._mistake("bad-merge", "'<<' must be a map or a list of maps", (node.start, node.end))
        return [source for source in sources if source.style == "{"]

    def _count(self, parent: Node, node: Node) -> None:
        parent.size += node.size
        if parent.size > MAX_NODES:
            message = f"the spec has more than {MAX_NODES:,} keys and values (with aliases expanded)"
            raise ReadingStopped(self._diagnostic("too-large", message, (node.start, node.end)))

    def _mistake(self, code: str, message: str, place: tuple[int, int], help_: str | None = None) -> None:
        self.mistakes.append(self._diagnostic(code, message, place, help_))

    def _diagnostic(
        self, code: str, message: str, place: tuple[int, int], help_: str | None = None
    ) -> Diagnostic:
        return Diagnostic(code, message, self.text.span(*place), help_)


def _merge(node: Node, sources: list[Node]) -> None:
    """Insert the entries of `sources` in the place of `<<`. Own keys win, then those of the first source."""
    merged: dict[str | int, tuple[Node, tuple[int, int]]] = {}
    for source in sources:
        for name, child in source.children.items():
            merged.setdefault(name, (child, source.keys[str(name)]))
    own = {name: (child, node.keys[str(name)]) for name, child in node.children.items()}
    entries: dict[str | int, tuple[Node, tuple[int, int]]] = {}
    for name, entry in own.items():
        entries |= {key: merged[key] for key in merged if key not in own} if name == "<<" else {name: entry}
    node.value.clear()
    node.value.update((name, child.value) for name, (child, _) in entries.items())
    node.children = {name: child for name, (child, _) in entries.items()}
    node.keys = {str(name): place for name, (_, place) in entries.items()}
