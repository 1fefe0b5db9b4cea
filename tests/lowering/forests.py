"""Forests of every shape, the sums of their leaves, and models of them."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np

from mlbuild.lowering.graph import Graph
from mlbuild.lowering.trees import Trees, tree_ensemble

Array = np.ndarray[Any, Any]
FEATURES = 3
#: A tree: None for a leaf, otherwise its left and right subtree.
Shape: TypeAlias = "tuple[Shape, Shape] | None"


def walked(trees: Trees, matrix: Array) -> Array:
    """Compute the sums of leaves, one comparison at a time."""
    out = np.zeros((len(matrix), trees.targets))
    sets = iter(trees.sets)
    by_node = {node: next(sets).tolist() for node in np.flatnonzero(trees.member)}
    for row, sums in zip(matrix, out, strict=True):
        for at in trees.roots.tolist():
            while at >= 0:
                value = row[trees.feature[at]]
                if trees.member[at]:
                    left = value in by_node[at]
                else:
                    left = trees.missing_left[at] if np.isnan(value) else value <= trees.threshold[at]
                at = int((trees.left if left else trees.right)[at])
            sums[trees.leaf_target[~at]] += trees.leaf_value[~at]
    return out


def model_of(trees: Trees) -> bytes:
    graph = Graph()
    columns = [graph.input(f"x{index}", "double") for index in range(FEATURES)]
    graph.output("sums", tree_ensemble(graph, graph.call("Concat", *columns, axis=1), trees), trees.targets)
    return graph.serialize({})


def feed(matrix: Array) -> dict[str, Array]:
    return {f"x{index}": np.ascontiguousarray(matrix[:, [index]]) for index in range(FEATURES)}


def shapes(nodes: int) -> Iterator[Shape]:
    """Yield every tree with this number of nodes."""
    if nodes == 0:
        yield None
    for left in range(nodes):
        yield from itertools.product(shapes(left), shapes(nodes - 1 - left))


def chain(nodes: int) -> Shape:
    """Return a tree that only has left children."""
    return (chain(nodes - 1), None) if nodes else None


def random_shape(random: np.random.Generator, nodes: int) -> Shape:
    if nodes == 0:
        return None
    left = int(random.integers(nodes))
    return random_shape(random, left), random_shape(random, nodes - 1 - left)


def random_trees(random: np.random.Generator, count: int, targets: int, categories: int) -> Trees:
    """Return trees of up to 12 leaves. Half of the nodes test membership."""
    chosen = [random_shape(random, int(random.integers(12))) for _ in range(count)]
    return forest(random, chosen, targets, categories)


def forest(
    random: np.random.Generator, chosen: Sequence[Shape], targets: int, categories: int, members: float = 0.5
) -> Trees:
    """Return trees with these shapes and random numbers.

    `members` is the share of nodes with a set of `categories`.

    Leaves are numbered as in LightGBM: when a leaf is split, it becomes the left one, and the right one is new.
    """
    roots: list[int] = []
    left: list[int] = []
    right: list[int] = []
    owner: list[int] = []
    for tree, shape in enumerate(chosen):
        roots.append(~len(owner))
        owner.append(tree)
        spots = deque([(shape, roots, tree)])
        while spots:
            part, side, index = spots.popleft()
            if part is not None:
                node = len(left)
                left.append(side[index])
                right.append(~len(owner))
                owner.append(tree)
                side[index] = node
                spots += [(part[0], left, node), (part[1], right, node)]
    nodes = len(left)
    member = random.random(nodes) < members
    sets = [
        random.choice(np.arange(1, categories + 1), random.integers(1, categories + 1), replace=False)
        for _ in range(int(member.sum()))
    ]
    return Trees(
        roots=np.array(roots),
        feature=np.where(member, 2, random.integers(0, 2, nodes)),
        threshold=random.normal(size=nodes).round(1),
        missing_left=random.random(nodes) < 0.5,
        left=np.array(left, dtype=np.int64),
        right=np.array(right, dtype=np.int64),
        member=member,
        sets=[np.sort(one) for one in sets],
        leaf_value=random.normal(size=len(owner)),
        leaf_target=np.array(owner) % targets,
        targets=targets,
    )


def random_rows(random: np.random.Generator, trees: Trees, categories: int, rows: int = 40) -> Array:
    """Return rows on and next to the thresholds, with missing and unknown values."""
    special = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0])
    numbers = np.concatenate([trees.threshold, np.nextafter(trees.threshold, np.inf), special])
    codes = np.append(np.arange(-1.0, categories + 3), np.nan)
    first = random.choice(numbers, (rows, 2))
    return np.column_stack([first, random.choice(codes, rows)])
