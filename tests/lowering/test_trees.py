"""A TreeEnsemble node answers as a walk down its trees does."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import seed as with_seed
from hypothesis import strategies as st
from onnx.reference import ReferenceEvaluator

from mlbuild.lowering.graph import Graph
from mlbuild.lowering.trees import Trees, tree_ensemble
from tests.budget import examples, seed

Array = np.ndarray[Any, Any]
FEATURES = 3


def walked(trees: Trees, matrix: Array) -> Array:
    """The sums of leaves, one comparison at a time."""
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


def by_onnxruntime(model: bytes, matrix: Array) -> Array:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, feed(matrix))[0])


def random_trees(random: np.random.Generator, count: int, targets: int, categories: int) -> Trees:
    """Trees of up to 12 leaves, numbered in no particular order; half of the nodes ask for members."""
    roots: list[int] = []
    left: list[int] = []
    right: list[int] = []
    leaves = 0
    for _ in range(count):
        roots.append(~leaves)
        leaves += 1
        spots: list[tuple[list[int], int]] = [(roots, len(roots) - 1)]
        for _ in range(random.integers(0, 12)):
            side, index = spots.pop(random.integers(len(spots)))
            left.append(side[index])
            right.append(~leaves)
            leaves += 1
            side[index] = len(left) - 1
            spots += [(left, len(left) - 1), (right, len(left) - 1)]
    nodes = len(left)
    member = random.random(nodes) < 0.5
    sets = [
        random.choice(np.arange(1, categories + 1), random.integers(1, categories + 1), replace=False)
        for _ in range(int(member.sum()))
    ]
    owner = _owners(roots, left, right, leaves)
    return Trees(
        roots=np.array(roots),
        feature=np.where(member, 2, random.integers(0, 2, nodes)),
        threshold=random.normal(size=nodes).round(1),
        missing_left=random.random(nodes) < 0.5,
        left=np.array(left, dtype=np.int64),
        right=np.array(right, dtype=np.int64),
        member=member,
        sets=[np.sort(one) for one in sets],
        leaf_value=random.normal(size=leaves),
        leaf_target=random.integers(0, targets, count)[owner],
        targets=targets,
    )


def _owners(roots: list[int], left: list[int], right: list[int], leaves: int) -> Array:
    """The tree of each leaf."""
    owner = np.zeros(leaves, dtype=np.int64)
    for tree, root in enumerate(roots):
        stack = [root]
        while stack:
            at = stack.pop()
            if at < 0:
                owner[~at] = tree
            else:
                stack += [left[at], right[at]]
    return owner


def random_rows(random: np.random.Generator, trees: Trees, categories: int, rows: int = 40) -> Array:
    """Rows on and beside the thresholds, with missing and unknown values."""
    special = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0])
    numbers = np.concatenate([trees.threshold, np.nextafter(trees.threshold, np.inf), special])
    codes = np.append(np.arange(-1.0, categories + 3), np.nan)
    first = random.choice(numbers, (rows, 2))
    return np.column_stack([first, random.choice(codes, rows)])


@with_seed(seed())
@settings(max_examples=examples(40, 3000), deadline=None, database=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.integers(1, 3), st.sampled_from([1, 3, 12, 70]))
def test_random_trees(number: int, count: int, targets: int, categories: int) -> None:
    random = np.random.default_rng(number)
    trees = random_trees(random, count, targets, categories)
    matrix = random_rows(random, trees, categories)
    model = model_of(trees)
    expected = walked(trees, matrix)
    assert np.array_equal(by_onnxruntime(model, matrix), expected)
    reference: Any = ReferenceEvaluator(onnx.load_from_string(model)).run(None, feed(matrix[:10]))
    np.testing.assert_allclose(reference[0], expected[:10], rtol=1e-14)


def stump(threshold: float = 0.5, missing_left: bool = False) -> Trees:
    return Trees(
        roots=np.array([0]),
        feature=np.array([1]),
        threshold=np.array([threshold]),
        missing_left=np.array([missing_left]),
        left=np.array([~0]),
        right=np.array([~1]),
        member=np.array([False]),
        sets=[],
        leaf_value=np.array([1.0, 2.0]),
        leaf_target=np.array([0, 0]),
        targets=1,
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.5, 1.0), (np.nextafter(0.5, 1), 2.0), (-np.inf, 1.0), (np.inf, 2.0), (np.nan, 2.0)],
)
def test_a_number_goes_left_up_to_the_threshold(value: float, expected: float) -> None:
    row = np.array([[9.0, value, 9.0]])
    assert by_onnxruntime(model_of(stump()), row).tolist() == [[expected]]


def test_a_missing_value_goes_where_the_node_says() -> None:
    row = np.array([[9.0, np.nan, 9.0]])
    assert by_onnxruntime(model_of(stump(missing_left=True)), row).tolist() == [[1.0]]


def test_no_row_gives_no_sum() -> None:
    assert by_onnxruntime(model_of(stump()), np.zeros((0, FEATURES))).shape == (0, 1)


def test_a_large_set() -> None:
    codes = np.arange(1, 3001, 2)
    trees = stump()
    trees = Trees(**{**trees.__dict__, "member": np.array([True]), "sets": [codes]})
    rows = np.zeros((3003, FEATURES))
    rows[:, 1] = np.arange(3003)
    assert np.array_equal(by_onnxruntime(model_of(trees), rows), walked(trees, rows))
