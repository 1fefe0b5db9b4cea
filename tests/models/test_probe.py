"""The rows of the probe test every condition of a tree that some row can test."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import seed as with_seed
from hypothesis import strategies as st

from mlbuild.lowering.trees import Trees
from mlbuild.models import probe
from mlbuild.models.probe import TreeProbe
from tests.budget import examples, seed
from tests.lowering.forests import Array, random_trees

CATEGORIES = 4


def walks(trees: Trees, rows: Array) -> tuple[Array, set[tuple[int, str]]]:
    """Return the leaf of each row and tree, and every test that happened: a node with the value that reached it."""
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


def questions(trees: Trees, asked: set[tuple[int, str]]) -> set[tuple[int, str]]:
    """Return the relevant tests in `asked`: at a threshold, just above it, missing; for a set, a code in it, one
    outside, a new one.
    """
    found = set()
    sets = dict(zip(np.flatnonzero(trees.member).tolist(), [one.tolist() for one in trees.sets], strict=True))
    highest = max((max(one) for one in sets.values()), default=0)
    for node, text in asked:
        value = float(text)
        threshold = float(trees.threshold[node])
        if np.isnan(value):
            found.add((node, "missing"))
        elif node in sets:
            found.add((node, "new" if value > highest else "inside" if value in sets[node] else "outside"))
        elif value in (threshold, np.nextafter(threshold, np.inf)):
            found.add((node, "at" if value == threshold else "above"))
    return found


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
    possible = questions(trees, walks(trees, sample)[1])
    asked = questions(trees, walks(trees, TreeProbe(trees, 3).probe().rows)[1])
    assert possible - asked == set()


def test_the_rows_are_the_same_for_the_same_trees() -> None:
    trees = random_trees(np.random.default_rng(4), 3, 1, CATEGORIES)
    first, second = (TreeProbe(trees, 3).probe().rows for _ in range(2))
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("bound", ["_MOST_WALKS", "_MOST_CELLS", "_MOST_STEPS"])
def test_of_too_many_nodes_some_are_asked(bound: str, monkeypatch: pytest.MonkeyPatch) -> None:
    trees = random_trees(np.random.default_rng(4), 40, 1, CATEGORIES)
    whole = TreeProbe(trees, 3).probe()
    monkeypatch.setattr(probe, bound, 50)
    some = TreeProbe(trees, 3).probe()
    assert 0 < some.asked < whole.asked <= whole.places == some.places == len(trees.feature)
    assert len(some.rows) < len(whole.rows)
