"""Writes the settings of a trial into the text of a spec. Comments and layout stay as they are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any

from mlbuild.diagnostics import Path
from mlbuild.frozen import frozen
from mlbuild.spec.text.loader import load
from mlbuild.spec.text.quoting import as_yaml
from mlbuild.spec.text.tree import Document, Node

_INDENT = "  "
_BREAK = re.compile(r"\r\n|\r|\n")


@frozen
class Edited:
    """A file with a change: its name and its text before and after."""

    file: str
    before: str
    after: str


@frozen
class _Change:
    """Some characters of a text that are replaced. The end is exclusive."""

    start: int
    end: int
    text: str


def adopted(
    document: Document, at: Path, params: Mapping[str, Any], plain: Mapping[str, Any], removed: Sequence[str]
) -> Edited | None:
    """Return the file in which a model is defined, with these `params` and `plain` keys, and without the keys `removed`.

    None if the text cannot be changed so that only this model changes, for example because an anchor or a merge key shares
    its keys with others.
    """
    model = document.node(at)
    if model is None:
        return None
    text, name = model.text.content, model.text.name
    changes = [*_changes(model, params, plain, [key for key in removed if key in model.children])]
    after = text
    for change in sorted(changes, key=lambda one: one.start, reverse=True):
        after = after[: change.start] + change.text + after[change.end :]
    before, now = load(text.encode(), name), load(after.encode(), name)
    if not isinstance(before, Document) or not isinstance(now, Document):
        return None
    wanted = deepcopy(before.value)
    changed = wanted
    for part in at:
        changed = changed.get(part) if isinstance(changed, dict) else None
    if not isinstance(changed, dict):
        return None
    for key in removed:
        changed.pop(key, None)
    changed["params"] = {**changed.get("params", {}), **params}
    changed |= plain
    return Edited(name, text, after) if now.value == wanted else None


def _changes(
    model: Node, params: Mapping[str, Any], plain: Mapping[str, Any], removed: Sequence[str]
) -> Iterator[_Change]:
    """Yield the changes of the text. New keys take the place of the first one that is removed."""
    own = model.children.get("params")
    pairs, others = _pairs(model, params), _pairs(model, plain)
    if _flow(model):
        (empty,) = _pairs(model, {"params": None})
        whole = f"{empty.removesuffix('null')}{{{', '.join(pairs)}}}"
        added = others if own else [*others, whole]
        yield from _without(model, removed, ", ".join(added))
        if own is not None:
            yield _into(own, pairs)
        return
    text = model.text.content
    newline = "\r\n" if "\r\n" in text else "\n"
    for number, key in enumerate(removed):
        start, end = _lines(model, key)
        indent = _indent(text, model.keys[key][0])
        lines = [f"{indent}{one}" for one in others]
        if own is None:
            lines += [f"{indent}params:", *(f"{indent}{_INDENT}{one}" for one in pairs)]
        yield _Change(start, end, "".join(line + newline for line in lines) if number == 0 else "")
    if own is not None and _flow(own):
        yield _into(own, pairs)
    elif own is not None and own.children:
        last = [*own.keys][-1]
        _, end = _lines(own, last)
        indent = _indent(text, own.keys[last][0])
        first = "" if text[:end].endswith(("\n", "\r")) else newline
        yield _Change(end, end, first + "".join(f"{indent}{one}{newline}" for one in pairs))


def _flow(node: Node) -> bool:
    return node.text.content[node.start : node.start + 1] == "{"


def _into(own: Node, pairs: Sequence[str]) -> _Change:
    """Return the change that adds pairs to a map in braces."""
    place = own.end - 1
    content = own.text.content
    while content[place - 1].isspace():
        place -= 1
    start = ", " if own.children and not content[:place].endswith(",") else ""
    return _Change(place, place, start + ", ".join(pairs))


def _without(model: Node, removed: Sequence[str], added: str) -> Iterator[_Change]:
    """Yield the changes that remove keys of a map in braces, and put something in the place of the first."""
    keys = [*model.keys]
    while removed:
        first = last = keys.index(removed[0])
        while last + 1 < len(keys) and keys[last + 1] in removed:
            last += 1
        if last + 1 < len(keys):
            start, end = model.keys[keys[first]][0], model.keys[keys[last + 1]][0]
            yield _Change(start, end, f"{added}, " if added else "")
        else:
            start = model.children[keys[first - 1]].end
            yield _Change(start, model.children[keys[last]].end, f", {added}" if added else "")
        removed, added = [key for key in removed if key not in keys[first : last + 1]], ""


def _pairs(model: Node, values: Mapping[str, Any]) -> list[str]:
    """Return keys and values in the style of a map: JSON if its keys are in double quotes."""
    place = min(start for start, _ in model.keys.values())
    if model.text.content[place] == '"':
        return [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in values.items()]
    return [f"{key}: {as_yaml(value)}" for key, value in values.items()]


def _lines(model: Node, key: str) -> tuple[int, int]:
    """Return the start and the end of the lines of a key of a block, with its value and the comment behind it."""
    text = model.text.content
    begin = _line_start(text, model.keys[key][0])
    found = _BREAK.search(text, _end(model.children[key], model.keys[key][1]))
    return begin, found.end() if found else len(text)


def _end(node: Node, least: int) -> int:
    """Return where the text of a value ends, without the comments and blank lines after it."""
    if node.scalar or node.text.content[node.start : node.start + 1] in ("{", "["):
        return max(node.end, least)
    return max((_end(child, least) for child in node.children.values()), default=least)


def _indent(text: str, place: int) -> str:
    """Return the blanks before a key that starts its line."""
    before = text[_line_start(text, place) : place]
    return before if before.isspace() else ""


def _line_start(text: str, place: int) -> int:
    return max(text.rfind("\n", 0, place), text.rfind("\r", 0, place)) + 1
