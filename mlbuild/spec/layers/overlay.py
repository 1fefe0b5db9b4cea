"""Merges one tree into another: maps are merged, short forms as what they stand for, everything else is replaced."""

from __future__ import annotations

from collections.abc import Mapping

from mlbuild.diagnostics import Path
from mlbuild.spec.layers.forms import long_form
from mlbuild.spec.text.tree import Document, Node


def overlaid(base: Node, over: Node, at: Path = ()) -> Node:
    """Return the tree `base` with `over` merged into it. Unchanged parts are shared, and neither tree is modified.

    Keys are in the order of `base`, followed by those that only `over` has. `at` is the path of both in a spec. A
    short form is merged as the map that it stands for.
    """
    if over.style == "{":
        base = long_form(base, at)
    elif base.style == "{":
        over = long_form(over, at)
    if base.style != "{" or over.style != "{":
        return over
    children, keys = dict(base.children), dict(base.keys)
    for name, child in over.children.items():
        merged = overlaid(children[name], child, (*at, name)) if name in children else child
        if merged is child:
            keys[str(name)] = over.keys[str(name)]
        children[name] = merged
    return map_like(base, children, keys)


def map_like(node: Node, children: Mapping[str | int, Node], keys: Mapping[str, tuple[int, int]]) -> Node:
    """Return a map with these entries, at the place of `node`."""
    value = {name: child.value for name, child in children.items()}
    size = 1 + sum(child.size for child in children.values())
    return Node(value, node.text, node.start, node.end, "{", size, dict(keys), dict(children))


def list_like(node: Node, children: Mapping[str | int, Node]) -> Node:
    """Return a list with these items, at the place of `node`."""
    value = [child.value for child in children.values()]
    size = 1 + sum(child.size for child in children.values())
    return Node(value, node.text, node.start, node.end, "[", size, {}, dict(children))


def without(node: Node, name: str) -> Node:
    """Return a map without one of its entries."""
    children = {key: child for key, child in node.children.items() if key != name}
    return map_like(node, children, {key: place for key, place in node.keys.items() if key != name})


def depth(layer: Document, path: Path) -> int:
    """Return how many parts of a path a layer mentions."""
    node, count = layer.root, 0
    for part in path:
        if part not in node.children:
            break
        node, count = node.children[part], count + 1
    return count
