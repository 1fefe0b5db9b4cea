"""Builds one ONNX graph: typed tensors, no duplicate nodes, no dead nodes, deterministic bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from mlbuild.frozen import frozen
from mlbuild.lowering.checksum import with_checksum
from mlbuild.lowering.operators import BOOLEAN, ML, OPERATORS

OPSET = 21
ML_OPSET = 5
IR_VERSION = 10
#: The prefix of names inside the graph. `check` refuses columns with this prefix, so names cannot clash.
RESERVED = "_mlbuild_"
#: The metadata key for the names of marked tensors in the file, as JSON.
MARKS = "mlbuild.marks"

#: ONNX's numbers of the element types.
ONNX_TYPES = {"double": 11, "float": 1, "int64": 7, "string": 8, "bool": 9}

#: onnxruntime removes these operators if one operand is this number. It compares as float32, even for doubles, so
#: it replaces `x * 1.0000000001` by `x` (NoopElimination, seen in 1.32).
_NEUTRAL = {"Add": 0.0, "Sub": 0.0, "Mul": 1.0, "Div": 1.0}


@frozen(slots=True)
class Tensor:
    """A value of the graph; `element` is `double`, `float`, `int64`, `string` or `bool`."""

    name: str
    element: str


@frozen(slots=True)
class Node:
    """An operator with its inputs; an omitted optional input is None."""

    op: str
    domain: str
    inputs: tuple[Tensor | None, ...]
    attributes: tuple[tuple[str, Any], ...]
    outputs: tuple[Tensor, ...]


class Graph:
    """An ONNX graph under construction. Operators are called by their ONNX names.

    Calls are deduplicated by value: the same operator with the same inputs and attributes gives the same tensor.
    """

    def __init__(self) -> None:
        self._inputs: dict[str, Tensor] = {}
        self._outputs: dict[str, tuple[Tensor, int | str]] = {}
        self._constants: dict[tuple[str, tuple[int, ...], bytes], Tensor] = {}
        self._arrays: dict[str, Any] = {}
        self._nodes: list[Node] = []
        self._makers: dict[str, Node] = {}
        self._moved: dict[str, tuple[Tensor, int]] = {}
        self._numbered: dict[tuple[Any, ...], tuple[Tensor, ...]] = {}

    def input(self, name: str, element: str) -> Tensor:
        """Add a graph input of shape [N, 1] with the name of the raw column."""
        return self._inputs.setdefault(name, Tensor(name, element))

    def constant(self, value: Any, element: str = "double") -> Tensor:
        """Add a constant: a Python scalar, or anything that numpy can convert to an array. Its shape is kept."""
        import numpy as np

        if element == "string":
            array = np.asarray(value, dtype=object)
            content = "\0".join(f"{len(text)}:{text}" for text in array.ravel()).encode()
        else:
            dtype = {"double": "float64", "float": "float32", "int64": "int64", "bool": "bool"}[element]
            array = np.ascontiguousarray(value, dtype=dtype).reshape(np.shape(value))
            content = array.tobytes()
        key = (element, array.shape, content)
        if key not in self._constants:
            tensor = Tensor(f"\0c{len(self._constants)}", element)
            self._constants[key] = tensor
            self._arrays[tensor.name] = array
        return self._constants[key]

    def call(
        self, op: str, *inputs: Tensor | None, element: str | None = None, domain: str = "", **attributes: Any
    ) -> Tensor:
        """Add one node with one output.

        `element` is its type, if it is neither boolean nor the type of the last input.

        Attributes are those of ONNX: numbers, strings, lists of them, or numpy arrays (which become tensors). None
        in the inputs omits an optional input.
        """
        if op == "Div" and inputs[0] is not None and self._is_one(inputs[0]):
            # onnxruntime computes y / x as (1 / x) * y, which rounds differently, and makes an invalid graph if y
            # is x.
            op, inputs = "Reciprocal", inputs[1:]
        if op in _NEUTRAL and any(tensor and self._mistaken(op, tensor) for tensor in inputs):
            return self._on_two(op, *inputs)
        if element is None:
            element = "bool" if op in BOOLEAN else next(t.element for t in reversed(inputs) if t is not None)
        return self.calls(op, *inputs, elements=(element,), domain=domain, **attributes)[0]

    def calls(
        self, op: str, *inputs: Tensor | None, elements: Sequence[str], domain: str = "", **attributes: Any
    ) -> tuple[Tensor, ...]:
        """Add one node with several outputs of the given element types."""
        if op not in OPERATORS[domain]:
            raise ValueError(f"operator '{op}' is missing in OPERATORS: no reader would accept the model")
        names = tuple("" if tensor is None else tensor.name for tensor in inputs)
        frozen = tuple(sorted((name, value) for name, value in attributes.items() if value is not None))
        key = (op, domain, names, tuple((name, _hashable(value)) for name, value in frozen))
        if key not in self._numbered:
            number = len(self._nodes)
            outputs = tuple(Tensor(f"\0n{number}.{index}", element) for index, element in enumerate(elements))
            node = Node(op, domain, inputs, frozen, outputs)
            self._nodes.append(node)
            self._numbered[key] = outputs
            self._makers.update((output.name, node) for output in outputs)
        return self._numbered[key]

    def _is_one(self, tensor: Tensor) -> bool:
        array = self._arrays.get(tensor.name)
        return (
            array is not None and tensor.element == "double" and array.size == 1 and bool((array == 1).all())
        )

    def _mistaken(self, op: str, tensor: Tensor) -> bool:
        """Whether onnxruntime would remove the operator because it mistakes this constant for a neutral one."""
        import numpy as np

        array = self._arrays.get(tensor.name)
        if array is None or array.dtype != np.float64 or array.size != 1:
            return False
        value, neutral = float(array.reshape(())), _NEUTRAL[op]
        return value != neutral and abs(value - neutral) < 1e-6 and float(np.float32(value)) == neutral

    def _on_two(self, op: str, *inputs: Tensor | None) -> Tensor:
        """Apply the operator to two copies of such constants, which onnxruntime does not remove, and take the first
        result.
        """
        import numpy as np

        twice = [
            self.constant(np.full((2, 1, 1), self._arrays[tensor.name].reshape(())))
            if tensor and self._mistaken(op, tensor)
            else tensor
            for tensor in inputs
        ]
        return self.call("Gather", self.call(op, *twice), self.constant(0, "int64"), element="double", axis=0)

    def node_of(self, tensor: Tensor) -> Node | None:
        """Return the node that computes a tensor; None for a graph input or a constant."""
        return self._makers.get(tensor.name)

    def array_of(self, tensor: Tensor) -> Any:
        """Return a constant as a numpy array; None for any other tensor."""
        return self._arrays.get(tensor.name)

    def move(self, columns: Sequence[Tensor], block: Tensor) -> None:
        """Note that a block contains these columns, in this order, so that marks on them are found there."""
        self._moved.update((column.name, (block, index)) for index, column in enumerate(columns))

    def output(self, name: str, tensor: Tensor, width: int | str = 1) -> None:
        """Name a result of the graph; `width` is its second dimension."""
        self._outputs[name] = (tensor, width)

    def serialize(self, metadata: Mapping[str, str], marks: Mapping[str, Tensor] | None = None) -> bytes:
        """Return the model: checked, without nodes that no output needs, and with the same bytes for the same
        calls.

        `marks` are tensors to find in the file later. The metadata contains under `MARKS` the name in the file of
        each, and the index of its column if it is part of a block (otherwise null).
        """
        import onnx
        from onnx import helper

        nodes = self._living()
        names = self._final_names(nodes)
        made = [
            helper.make_node(
                node.op,
                ["" if one is None else names[one.name] for one in node.inputs],
                [names[tensor.name] for tensor in node.outputs],
                name=names[node.outputs[0].name],
                domain=node.domain,
                **{key: _attribute(value) for key, value in node.attributes},
            )
            for node in nodes
        ]
        for name, (tensor, _) in self._outputs.items():
            if names[tensor.name] != name:
                made.append(
                    helper.make_node("Identity", [names[tensor.name]], [name], name=RESERVED + "out_" + name)
                )
        inputs = [
            helper.make_tensor_value_info(tensor.name, ONNX_TYPES[tensor.element], ["N", 1])
            for tensor in self._inputs.values()
        ]
        outputs = [
            helper.make_tensor_value_info(name, ONNX_TYPES[tensor.element], ["N", width])
            for name, (tensor, width) in self._outputs.items()
        ]
        constants = [_tensor(names[name], array) for name, array in self._arrays.items() if name in names]
        graph = helper.make_graph(made, "mlbuild", inputs, outputs, constants)
        model = helper.make_model(
            graph,
            producer_name="mlbuild",
            ir_version=IR_VERSION,
            opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid(ML, ML_OPSET)],
        )
        places = {
            mark: self._moved.get(tensor.name, (tensor, None)) for mark, tensor in (marks or {}).items()
        }
        found = {
            mark: [names[tensor.name], index]
            for mark, (tensor, index) in places.items()
            if tensor.name in names
        }
        helper.set_model_props(model, dict(sorted(metadata.items())) | {MARKS: json.dumps(found)})
        onnx.checker.check_model(model)
        return with_checksum(model.SerializeToString(deterministic=True))

    def _living(self) -> list[Node]:
        """Return the nodes that some output depends on, in the order of their calls."""
        wanted = {tensor.name for tensor, _ in self._outputs.values()}
        living = []
        for node in reversed(self._nodes):
            if any(tensor.name in wanted for tensor in node.outputs):
                wanted.update(one.name for one in node.inputs if one)
                living.append(node)
        return living[::-1]

    def _final_names(self, nodes: Sequence[Node]) -> dict[str, str]:
        """Number the remaining tensors consecutively, so that removed parts leave no gap.

        Inputs keep their names, and what computes an output has its name.
        """
        used = {one.name for node in nodes for one in node.inputs if one}
        used.update(tensor.name for tensor, _ in self._outputs.values())
        # An input, a constant, and what is already the result of another output need a node to get the name.
        first = {tensor.name: name for name, (tensor, _) in reversed(self._outputs.items())}
        made = [tensor.name for node in nodes for tensor in node.outputs]
        names = {name: name for name in self._inputs} | {name: first[name] for name in made if name in first}
        internal = [
            name for name in (*(one for one in self._arrays if one in used), *made) if name not in names
        ]
        return names | {name: f"{RESERVED}{number}" for number, name in enumerate(internal)}


def _hashable(value: Any) -> Any:
    """Return a hashable form of an attribute. 1, 1.0 and True differ, and so do 0.0 and -0.0; NaN equals NaN."""
    if hasattr(value, "tobytes"):
        # The bytes of an array of objects are addresses.
        content = tuple(value.ravel().tolist()) if value.dtype == object else value.tobytes()
        return (str(value.dtype), value.shape, content)
    if isinstance(value, (list, tuple)):
        return tuple(_hashable(item) for item in value)
    return (type(value).__name__, repr(value))


def _attribute(value: Any) -> Any:
    return _tensor("", value) if hasattr(value, "tobytes") else value


def _tensor(name: str, array: Any) -> Any:
    """Create a TensorProto; an array of objects contains strings."""
    from onnx import TensorProto, helper, numpy_helper

    if array.dtype != object:
        return numpy_helper.from_array(array, name)
    texts = [text.encode() for text in array.ravel()]
    return helper.make_tensor(name, TensorProto.STRING, array.shape, texts)
