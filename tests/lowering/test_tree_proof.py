"""A written ensemble is proven equal to its trees, and any single difference is found."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import seed as with_seed
from hypothesis import strategies as st
from onnx import numpy_helper

from mlbuild.lowering.graph import Graph
from mlbuild.lowering.tree_proof import prove_trees
from tests.budget import examples, seed
from tests.lowering.forests import forest, model_of, random_shape, random_trees


@with_seed(seed())
@settings(max_examples=examples(20, 500), deadline=None)
@given(chance=st.integers(0, 2**32 - 1), count=st.integers(1, 4))
def test_what_is_written_is_proven(chance: int, count: int) -> None:
    trees = random_trees(np.random.default_rng(chance), count, 2, 4)
    proof = prove_trees(model_of(trees), trees)
    assert proof.difference is None
    assert (proof.trees, proof.nodes) == (count, len(trees.feature))
    assert proof.leaves >= len(trees.leaf_value)


def changed(model: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the model with one element of one attribute of its ensemble changed, for each element."""
    whole = onnx.load_from_string(model)
    place = next(i for i, node in enumerate(whole.graph.node) if node.op_type == "TreeEnsemble")
    for number, attribute in enumerate(whole.graph.node[place].attribute):
        value = onnx.helper.get_attribute_value(attribute)
        tensor = isinstance(value, onnx.TensorProto)
        values = numpy_helper.to_array(value) if tensor else np.atleast_1d(np.array(value))
        for index in range(len(values)):
            other = values.copy()
            if np.issubdtype(other.dtype, np.floating):
                other[index] = 1.0 if np.isnan(other[index]) else np.nextafter(other[index], np.inf)
            else:
                other[index] = {0: 6, 6: 0}.get(int(other[index]), 6) if tensor else 1 - other[index]
            copy = onnx.ModelProto()
            copy.CopyFrom(whole)
            given = numpy_helper.from_array(other) if tensor else other.tolist()
            written = given if tensor or isinstance(value, list) else given[0]
            new = onnx.helper.make_attribute(attribute.name, written)
            copy.graph.node[place].attribute[number].CopyFrom(new)
            yield f"{attribute.name}[{index}]", copy.SerializeToString()


@pytest.mark.parametrize("chance", range(examples(3, 100)))
def test_any_single_change_is_found(chance: int) -> None:
    """Except the thresholds of member nodes, which have no meaning."""
    random = np.random.default_rng(chance)
    trees = forest(random, [random_shape(random, int(random.integers(1, 12))) for _ in range(2)], 2, 4)
    found = {what: prove_trees(model, trees).difference for what, model in changed(model_of(trees))}
    missed = [what for what, difference in found.items() if difference is None]
    assert {what.partition("[")[0] for what in missed} <= {"nodes_splits"}
    assert len(missed) == trees.member.sum()


def test_other_trees_are_another_model() -> None:
    one, other = (random_trees(np.random.default_rng(chance), 3, 1, 4) for chance in (1, 2))
    assert prove_trees(model_of(one), other).difference is not None


def test_a_model_without_trees_is_not_proven() -> None:
    graph = Graph()
    graph.output("y", graph.input("x", "double"))
    trees = random_trees(np.random.default_rng(0), 1, 1, 4)
    assert prove_trees(graph.serialize({}), trees).difference == "the model has no trees"
