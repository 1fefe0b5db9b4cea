"""A TreeEnsemble node gives the same results as walking down its trees."""

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

from mlbuild.lowering.trees import Trees
from tests.budget import examples, seed
from tests.lowering.forests import FEATURES, Array, feed, model_of, random_rows, random_trees, walked


def by_onnxruntime(model: bytes, matrix: Array) -> Array:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, feed(matrix))[0])


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
