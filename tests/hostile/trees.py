"""Models with trees that lead outside their lists, or nowhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from tests.hostile.base import Fresh, Named, Proto, attribute


def trees(fresh: Fresh) -> Named:
    def changed(name: str, change: Callable[[Any], Any]) -> Proto:
        model = fresh()
        found = attribute(model, name)
        value = helper.get_attribute_value(found)
        array = numpy_helper.to_array(value) if isinstance(value, TensorProto) else np.array(value)
        new = change(array.copy())
        kept = numpy_helper.from_array(new) if isinstance(value, TensorProto) else new.tolist()
        found.CopyFrom(helper.make_attribute(name, kept, attr_type=found.type))
        return model

    def at(index: int, value: Any) -> Callable[[Any], Any]:
        def change(array: Any) -> Any:
            array[index] = value
            return array

        return change

    whole = fresh()
    on_node = [index for index, leaf in enumerate(attribute(whole, "nodes_trueleafs").ints) if not leaf]
    for number in (-1, 10**6, 2**62):
        for name in (
            "nodes_truenodeids",
            "nodes_falsenodeids",
            "nodes_featureids",
            "tree_roots",
            "leaf_targetids",
        ):
            yield f"{number} in {name}", changed(name, at(0, number))
    yield "a node below itself", changed("nodes_truenodeids", at(on_node[0], on_node[0]))
    yield "a root below a node", changed("nodes_truenodeids", at(on_node[0], 0))
    yield "a strange mode", changed("nodes_modes", at(0, 17))
    for name in ("nodes_splits", "nodes_featureids", "leaf_weights", "leaf_targetids", "membership_values"):
        yield f"fewer numbers in {name}", changed(name, lambda array: array[:-1])
        yield f"no numbers in {name}", changed(name, lambda array: array[:0])
    yield "an empty set", changed("membership_values", lambda array: np.append([np.nan], array))
    yield "the same root twice", changed("tree_roots", lambda array: np.append(array, array[0]))
    model = fresh()
    attribute(model, "n_targets").i = 2**40
    yield "2^40 targets", model
    model = fresh()
    attribute(model, "nodes_modes").t.data_type = TensorProto.DOUBLE
    yield "modes of another type", model
    model = fresh()
    attribute(model, "tree_roots").CopyFrom(helper.make_attribute("tree_roots", "text"))
    yield "a text as roots", model
    model = fresh()
    attribute(model, "n_targets").name = "strange"
    yield "a strange attribute", model
    yield "a million levels", _levels(fresh, 1_000_000)
    yield "equal sets below sets", _sets(fresh, 12)


def _lists(fresh: Fresh, true: list[int], false: list[int], feature: int, sets: list[list[float]]) -> Proto:
    """Return one tree with these children, where a negative child is a leaf.

    Either all nodes have sets or none has.
    """
    model = fresh()
    count, leaves = len(true), sum(child < 0 for child in (*true, *false))
    numbers = iter(range(leaves))
    lists: dict[str, Any] = {"tree_roots": [0], "nodes_featureids": [feature] * count}
    for side, children in (("true", true), ("false", false)):
        lists[f"nodes_{side}leafs"] = [int(child < 0) for child in children]
        lists[f"nodes_{side}nodeids"] = [child if child >= 0 else next(numbers) for child in children]
    lists["nodes_missing_value_tracks_true"] = [0] * count
    lists["leaf_targetids"] = [0] * leaves
    lists["nodes_modes"] = np.full(count, 6 if sets else 0, dtype=np.uint8)
    lists["nodes_splits"], lists["leaf_weights"] = np.zeros(count), np.zeros(leaves)
    lists["membership_values"] = np.array([value for one in sets for value in (*one, np.nan)])
    for name, value in lists.items():
        kept = numpy_helper.from_array(value) if isinstance(value, np.ndarray) else value
        attribute(model, name).CopyFrom(helper.make_attribute(name, kept))
    return model


def _levels(fresh: Fresh, count: int) -> Proto:
    return _lists(fresh, [*range(1, count), -1], [-1] * count, 0, [])


def _sets(fresh: Fresh, depth: int) -> Proto:
    """Return two sets of one feature that lead to equal chains of sets. Some runtimes compare these forever."""
    first, second = list(range(1, depth + 1)), list(range(depth + 2, 2 * depth + 2))
    true = [1, *first[1:], -1, depth + 2, *second[1:], -1]
    false = [depth + 1, *[-1] * depth, -1, *[-1] * depth]
    chain = [[float(code) for code in range(1, 31)]] * depth
    return _lists(fresh, true, false, 0, [[1.0], *chain, [2.0], *chain])
