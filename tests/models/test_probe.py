"""Every question that some row can put to a tree is put by the probe's rows."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import seed as with_seed
from hypothesis import strategies as st

from mlbuild.lowering.trees import Trees
from mlbuild.models.probe import TreeProbe
from tests.budget import examples, seed
from tests.lowering.test_trees import Array, random_trees

CATEGORIES = 4


def walks(trees: Trees, rows: Array) -> tuple[Array, set[tuple[int, str]]]:
    """The leaf of each row and tree, and every question that was put: a node with the value that came to it."""
    leaves = np.zeros((len(rows), len(trees.roots)), dtype=np.int64)
    asked = set()
    sets = dict(zip(np.flatnonzero(trees.member).tolist(), [one.tolist() for one in trees.sets], strict=True))
    first = [min(~leaf for leaf in below(trees, root) if leaf < 0) for root in trees.roots.tolist()]
    for number, row in enumerate(rows):
        for tree, root in enumerate(trees.roots.tolist()):
            at = root
            while at >= 0:
                value = float(row[trees.feature[at]])
                asked.add((at, repr(value)))
                if at in sets:
                    left = value in sets[at]
                else:
                    left = trees.missing_left[at] if np.isnan(value) else value <= trees.threshold[at]
                at = int((trees.left if left else trees.right)[at])
            leaves[number, tree] = ~at - first[tree]
    return leaves, asked


def below(trees: Trees, root: int) -> list[int]:
    found, stack = [], [root]
    while stack:
        at = stack.pop()
        found.append(at)
        if at >= 0:
            stack += [int(trees.left[at]), int(trees.right[at])]
    return found


def questions(trees: Trees) -> set[tuple[int, str]]:
    """All that matter: at a threshold, just above it, missing; each code of some set, an unknown one, missing."""
    wanted = set()
    highest = max((int(one.max()) for one in trees.sets), default=0)
    for node, threshold in enumerate(trees.threshold.tolist()):
        values = [threshold, np.nextafter(threshold, np.inf), np.nan]
        if trees.member[node]:
            values = [np.nan, *range(1, highest + 2)]
        wanted |= {(node, repr(float(value))) for value in values}
    return wanted


@pytest.mark.parametrize("count", [1, 3])
@with_seed(seed())
@settings(max_examples=examples(8, 300), deadline=None)
@given(chance=st.integers(0, 2**32 - 1))
def test_what_any_row_can_ask_is_asked(count: int, chance: int) -> None:
    trees = random_trees(np.random.default_rng(chance), count, 1, CATEGORIES)
    numbers = np.unique(trees.threshold) if len(trees.threshold) else np.zeros(1)
    values = [*numbers, *np.nextafter(numbers, np.inf), np.nan]
    grid = np.array(list(itertools.product(values, values, [np.nan, *range(1, CATEGORIES + 2)])))
    rng = np.random.default_rng(chance)
    sample = grid[rng.choice(len(grid), min(len(grid), 3_000), replace=False)]
    possible = walks(trees, sample)[1] & questions(trees)
    rows = TreeProbe(trees, 3, lambda rows: walks(trees, rows)[0].T).probe().rows
    assert possible - walks(trees, rows)[1] == set()


def test_the_rows_are_the_same_for_the_same_trees() -> None:
    trees = random_trees(np.random.default_rng(4), 3, 1, CATEGORIES)
    first, second = (TreeProbe(trees, 3, lambda rows: walks(trees, rows)[0].T).probe().rows for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_of_too_many_trees_some_splits_are_asked() -> None:
    trees = random_trees(np.random.default_rng(4), 40, 1, CATEGORIES)
    whole = TreeProbe(trees, 3, lambda rows: walks(trees, rows)[0].T).probe()
    some = TreeProbe(trees, 3, lambda rows: walks(trees, rows)[0].T, most_walks=1).probe()
    assert (whole.asked, some.places) == (whole.places, whole.places)
    assert len(some.rows) <= 2_000
