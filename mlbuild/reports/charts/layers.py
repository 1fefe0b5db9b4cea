"""Draws a graph in layers from left to right: each node is to the right of all that it is made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mlbuild.reports.charts.plot import place
from mlbuild.reports.writing.html import Html, tag
from mlbuild.shown import cut, visible

_WIDTH, _HEIGHT, _ACROSS, _DOWN = 132, 40, 40, 14
#: The most characters of a name that fit into its box.
_NAME = 18
#: How often nodes are moved next to their neighbours.
_SWEEPS = 4


def layered(nodes: Mapping[str, str], edges: Sequence[Sequence[str]], label: str) -> Html:
    """Return a drawing of nodes, which are the kinds of things by name, and edges between names."""
    layers = _layers(nodes, edges)
    tallest = max(map(len, layers))
    width = len(layers) * (_WIDTH + _ACROSS) - _ACROSS
    height = tallest * (_HEIGHT + _DOWN) - _DOWN
    at: dict[str, tuple[float, float]] = {}
    for number, layer in enumerate(layers):
        top = (tallest - len(layer)) * (_HEIGHT + _DOWN) / 2
        for row, name in enumerate(layer):
            at[name] = number * (_WIDTH + _ACROSS), top + row * (_HEIGHT + _DOWN)
    lines = [_edge(at[one], at[other]) for one, other in edges]
    boxes = [_box(nodes[name], name, *at[name]) for name in at]
    return tag(
        "svg",
        tag("g", *lines, class_="edges"),
        *boxes,
        viewBox=f"-1 -1 {width + 2} {height + 2}",
        width=width,
        role="img",
        aria_label=label,
        class_="layers",
    )


def _layers(nodes: Mapping[str, str], edges: Sequence[Sequence[str]]) -> list[list[str]]:
    """Return the names in each layer, in an order with few crossings."""
    before: dict[str, list[str]] = {name: [] for name in nodes}
    after: dict[str, list[str]] = {name: [] for name in nodes}
    for one, other in edges:
        before[other].append(one)
        after[one].append(other)
    depth: dict[str, int] = {}

    def deep(name: str) -> int:
        if name not in depth:
            depth[name] = 1 + max(map(deep, before[name]), default=-1)
        return depth[name]

    layers: list[list[str]] = [[] for _ in range(1 + max(map(deep, nodes)))]
    # A node stands directly before the first that needs it.
    for name in nodes:
        nearest = min((depth[one] for one in after[name]), default=depth[name] + 1)
        layers[nearest - 1].append(name)
    for sweep in range(_SWEEPS):
        near = before if sweep % 2 == 0 else after
        rows = {name: row for layer in layers for row, name in enumerate(layer)}
        for layer in layers:
            means = {name: _mean([rows[one] for one in near[name]], rows[name]) for name in layer}
            layer.sort(key=means.__getitem__)
    return [layer for layer in layers if layer]


def _mean(rows: Sequence[int], otherwise: int) -> float:
    return sum(rows) / len(rows) if rows else otherwise


def _edge(one: tuple[float, float], other: tuple[float, float]) -> Html:
    x, y = one[0] + _WIDTH, one[1] + _HEIGHT / 2
    end, low = other[0], other[1] + _HEIGHT / 2
    half = place((x + end) / 2)
    return tag(
        "path", d=f"M{place(x)} {place(y)}C{half} {place(y)} {half} {place(low)} {place(end)} {place(low)}"
    )


def _box(kind: str, name: str, x: float, y: float) -> Html:
    title = cut(visible(name.partition(" ")[2]), _NAME)
    return tag(
        "g",
        tag("rect", width=_WIDTH, height=_HEIGHT, rx=6),
        tag("text", kind, x=10, y=15, class_="tick"),
        tag("text", title, x=10, y=31, class_="name"),
        transform=f"translate({place(x)} {place(y)})",
    )
