"""Finds the numbers at which the trees of a model file compare an input."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlbuild.lowering.ensemble import read_ensemble
from mlbuild.lowering.trees import MEMBER

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

_TREES, _JOIN = "TreeEnsemble", "Concat"


def thresholds(model: bytes, name: str) -> Array | None:
    """Return the sorted numbers that the trees compare an input of the model with.

    Between two of them, no output changes with the input, whatever the other inputs are, as long as it is not missing.
    None if that is not sure: the input must reach the outputs only through one ensemble of trees, and unchanged, or
    imputed where it is missing.
    """
    import numpy as np
    import onnx

    graph = onnx.shape_inference.infer_shapes(onnx.load_from_string(model)).graph
    makers = {output: node for node in graph.node for output in node.output}
    constants = {tensor.name for tensor in graph.initializer}
    taken = [
        (node, [_imputed(column, makers, constants) for column in _columns(node.input[0], makers)])
        for node in graph.node
        if node.op_type == _TREES
    ]
    # Another ensemble can be a part of the preprocessing, such as the offsets of a time zone.
    found_in = [(trees, columns) for trees, columns in taken if name in columns]
    if len(found_in) != 1:
        return None
    trees, columns = found_in[0]
    ends = {value.name for value in graph.output}
    widths = _widths(graph)
    if (
        _reached(ends, makers, {*trees.output}, name)
        or _reached({*columns} - {name}, makers, set(), name)
        or not all(widths.get(column) for column in columns)
    ):
        return None
    found = read_ensemble(trees)
    if isinstance(found, str):
        return None
    places = np.cumsum([0, *(widths[column] for column in columns)])
    numbers = [place for place, column in zip(places, columns, strict=False) if column == name]
    own = np.isin(found["nodes_featureids"], numbers)
    if (found["nodes_modes"][own] == MEMBER).any():
        return None
    values: Array = np.unique(found["nodes_splits"][own])
    return values


def _columns(tensor: str, makers: dict[str, Any]) -> list[str]:
    """Return the tensors that are put side by side."""
    node = makers.get(tensor)
    if node is None or node.op_type != _JOIN:
        return [tensor]
    return [column for part in node.input for column in _columns(part, makers)]


def _imputed(tensor: str, makers: dict[str, Any], constants: set[str]) -> str:
    """Return the tensor whose missing values a constant replaces; the tensor itself if it is made in any other way."""
    node = makers.get(tensor)
    if node is None or node.op_type != "Where":
        return tensor
    missing, constant, kept = node.input
    asked = makers.get(missing)
    if asked is None or asked.op_type != "IsNaN" or [*asked.input] != [kept] or constant not in constants:
        return tensor
    return str(kept)


def _widths(graph: Any) -> dict[str, int]:
    """Return the second dimension of each tensor, 0 if it is not known."""
    return {
        value.name: shape[1].dim_value
        for value in (*graph.input, *graph.value_info)
        if len(shape := value.type.tensor_type.shape.dim) == 2
    }


def _reached(tensors: set[str], makers: dict[str, Any], behind: set[str], name: str) -> bool:
    """Whether any of the tensors depends on an input, other than through the tensors `behind`."""
    seen, waiting = set(behind), [*tensors]
    while waiting:
        tensor = waiting.pop()
        if tensor == name:
            return True
        if tensor not in seen:
            seen.add(tensor)
            waiting += makers[tensor].input if tensor in makers else ()
    return False
