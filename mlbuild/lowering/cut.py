"""Cuts a finished model in two at marked tensors, so that each half can be run and compared separately."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mlbuild.frozen import frozen
from mlbuild.lowering.graph import MARKS, RESERVED

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

#: The prefix of tensors in the halves, which no column name can have.
CUT = RESERVED + "cut_"


@frozen
class Mark:
    """A tensor of a file, or the column of it with this index."""

    tensor: str
    column: int | None = None

    def of(self, tensors: Mapping[str, Array]) -> Array:
        """Return the values of the marked tensor, [N, width]."""
        array = tensors[CUT + self.tensor]
        return array if self.column is None else array[:, self.column : self.column + 1]


def marks(model: bytes) -> dict[str, Mark]:
    """Return the marks of a model, in their order."""
    import onnx

    props = {prop.key: prop.value for prop in onnx.load_from_string(model).metadata_props}
    return {name: Mark(*place) for name, place in json.loads(props[MARKS]).items()}


def front(model: bytes) -> bytes | None:
    """Return the part from the inputs to the marked tensors. Its outputs are named `CUT` + tensor.

    A mark on an input itself is left out, because there is nothing to compute. None if this applies to all marks.
    """
    import onnx
    from onnx import TensorProto, helper

    proto = onnx.load_from_string(model)
    inputs = {value.name for value in proto.graph.input}
    wanted = [name for name in _tensors(marks(model)) if name not in inputs]
    if not wanted:
        return None
    nodes = _needed(proto.graph.node, set(wanted), set())
    nodes += [helper.make_node("Identity", [name], [CUT + name]) for name in wanted]
    outputs = [helper.make_tensor_value_info(CUT + name, TensorProto.DOUBLE, None) for name in wanted]
    return _rebuilt(proto, nodes, list(proto.graph.input), outputs)


def back(model: bytes, widths: Mapping[str, int]) -> bytes:
    """Return the part from the marked tensors to the outputs. Its inputs are named `CUT` + tensor.

    `widths` gives the second dimension of each tensor.
    """
    import onnx
    from onnx import TensorProto, helper

    proto = onnx.load_from_string(model)
    cut = _tensors(marks(model))
    nodes = _needed(proto.graph.node, {value.name for value in proto.graph.output}, set(cut))
    entries = [helper.make_node("Identity", [CUT + name], [name]) for name in cut]
    inputs = [
        helper.make_tensor_value_info(CUT + name, TensorProto.DOUBLE, ["N", widths[name]]) for name in cut
    ]
    return _rebuilt(proto, entries + nodes, inputs, list(proto.graph.output))


def fed(marks: Mapping[str, Mark], columns: Mapping[str, Array]) -> dict[str, Array]:
    """Return the inputs of `back` from the values of each mark, [N, width].

    If several marks are on one tensor, those of the first are taken.
    """
    import numpy as np

    parts: dict[str, dict[int, Array]] = {}
    for name, mark in marks.items():
        parts.setdefault(mark.tensor, {}).setdefault(mark.column or 0, columns[name])
    return {
        CUT + tensor: np.concatenate([arrays[index] for index in sorted(arrays)], axis=1)
        for tensor, arrays in parts.items()
    }


def _tensors(marks: Mapping[str, Mark]) -> list[str]:
    return [*dict.fromkeys(mark.tensor for mark in marks.values())]


def _needed(nodes: Any, wanted: set[str], given: set[str]) -> list[Any]:
    """Return the nodes that compute `wanted`, going back only to `given`."""
    wanted = wanted - given
    living = []
    for node in reversed(nodes):
        if any(name in wanted for name in node.output):
            wanted.update(name for name in node.input if name not in given)
            living.append(node)
    return living[::-1]


def _rebuilt(proto: Any, nodes: list[Any], inputs: list[Any], outputs: list[Any]) -> bytes:
    from onnx import helper

    used = {name for node in nodes for name in node.input}
    constants = [tensor for tensor in proto.graph.initializer if tensor.name in used]
    graph = helper.make_graph(nodes, "mlbuild", inputs, outputs, constants)
    model = helper.make_model(graph, ir_version=proto.ir_version, opset_imports=proto.opset_import)
    return bytes(model.SerializeToString(deterministic=True))
