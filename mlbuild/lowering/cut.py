"""Cuts a finished model in two at marked tensors, so that each half can be run and compared separately."""

from __future__ import annotations

import json
from typing import Any

from mlbuild.lowering.graph import MARKS, RESERVED

#: The prefix of marks in the halves, which no column name can have.
CUT = RESERVED + "cut_"


def marks(model: bytes) -> dict[str, str]:
    """Return the marked tensors of a model: mark to the name of the tensor in the file, in the order of the marks."""
    import onnx

    props = {prop.key: prop.value for prop in onnx.load_from_string(model).metadata_props}
    found: dict[str, str] = json.loads(props[MARKS])
    return found


def front(model: bytes) -> bytes | None:
    """Return the part from the inputs to the marked tensors. Its outputs are named `CUT` + mark.

    A mark on an input itself is left out, because there is nothing to compute. None if this applies to all marks.
    """
    import onnx
    from onnx import TensorProto, helper

    proto = onnx.load_from_string(model)
    inputs = {value.name for value in proto.graph.input}
    wanted = {mark: name for mark, name in marks(model).items() if name not in inputs}
    if not wanted:
        return None
    nodes = _needed(proto.graph.node, set(wanted.values()), set())
    for mark, name in wanted.items():
        nodes.append(helper.make_node("Identity", [name], [_renamed(mark)]))
    outputs = [helper.make_tensor_value_info(_renamed(mark), TensorProto.DOUBLE, None) for mark in wanted]
    return _rebuilt(proto, nodes, list(proto.graph.input), outputs)


def back(model: bytes, widths: dict[str, int]) -> bytes:
    """Return the part from the marked tensors to the outputs. Its inputs are named `CUT` + mark.

    `widths` gives the second dimension of each mark. If several marks are on one tensor, only the first becomes an
    input.
    """
    import onnx
    from onnx import TensorProto, helper

    proto = onnx.load_from_string(model)
    found = {name: mark for mark, name in reversed(marks(model).items())}
    found = {mark: name for name, mark in reversed(found.items())}
    nodes = _needed(proto.graph.node, {value.name for value in proto.graph.output}, set(found.values()))
    entries = [helper.make_node("Identity", [_renamed(mark)], [name]) for mark, name in found.items()]
    inputs = [
        helper.make_tensor_value_info(_renamed(mark), TensorProto.DOUBLE, ["N", widths[mark]])
        for mark in found
    ]
    return _rebuilt(proto, entries + nodes, inputs, list(proto.graph.output))


def _renamed(mark: str) -> str:
    return CUT + mark


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
