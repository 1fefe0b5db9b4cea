"""Replaces what is clearly misspelt by what was meant, so that the rest of a spec can be checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from mlbuild.diagnostics import Problem
from mlbuild.spec.layers.overlay import list_like, map_like
from mlbuild.spec.text.tree import Document, Node

#: What to do in a map or list, by its identity: new names of keys, and new values.
Fixes = Mapping[int, tuple[dict[str | int, str], dict[str | int, str]]]


def repaired(document: Document, problems: Iterable[Problem]) -> Document:
    """Return the document with the words that were meant, at the places of those that are there.

    A part that aliases repeat stays one part. Without anything to repair, it is the same document.
    """
    fixes: dict[int, tuple[dict[str | int, str], dict[str | int, str]]] = {}
    for problem in problems:
        if problem.meant is None:
            continue
        *start, last = problem.at
        node = document.root
        for part in start:
            if part not in node.children:
                break
            node = node.children[part]
        else:
            if last in node.children and (problem.on == "value" or problem.meant not in node.children):
                keys, values = fixes.setdefault(id(node), ({}, {}))
                (keys if problem.on == "key" else values)[last] = problem.meant
    return replace(document, root=_rebuilt(document.root, fixes, {})) if fixes else document


def _rebuilt(node: Node, fixes: Fixes, done: dict[int, Node]) -> Node:
    """Return a node with everything below it repaired. Parts without mistakes are shared."""
    if node.scalar:
        return node
    if id(node) not in done:
        children = {part: _rebuilt(child, fixes, done) for part, child in node.children.items()}
        keys, values = fixes.get(id(node), ({}, {}))
        for part, value in values.items():
            old = children[part]
            children[part] = Node(value, old.text, old.start, old.end, old.style)
        if id(node) not in fixes and all(children[part] is child for part, child in node.children.items()):
            done[id(node)] = node
        elif node.style == "[":
            done[id(node)] = list_like(node, children)
        else:
            named = {keys.get(part, part): child for part, child in children.items()}
            places = {str(keys.get(part, part)): place for part, place in node.keys.items()}
            done[id(node)] = map_like(node, named, places)
    return done[id(node)]
