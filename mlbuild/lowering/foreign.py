"""Checks a model from an untrusted source before onnxruntime loads it.

onnxruntime does what a model says: it reads other files, loops, and allocates what shapes ask for. Therefore
everything that lowering never writes is refused.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from mlbuild.frozen import frozen
from mlbuild.lowering.ensemble import fault, read_ensemble
from mlbuild.lowering.graph import ONNX_TYPES
from mlbuild.lowering.messages import (
    ATTRIBUTES,
    NUMBERS,
    STRING,
    attribute_value,
    model_class,
    unknown_fields,
)
from mlbuild.lowering.operators import OPERATORS, Misfit, Shape, shape_of
from mlbuild.lowering.patterns import is_search

_ELEMENTS = {number: element for element, number in ONNX_TYPES.items()}
#: The size of an element in bytes, by type.
_SIZES = {number: int(numpy_type[-1]) for number, numpy_type in NUMBERS.items()}
_NO_TEXT = "it has a string that is not valid UTF-8"
#: A pattern from LIKE or ILIKE: wildcards, and characters that match themselves.
_PATTERN = re.compile(rb"\(\?i?s\)(?:\.\*?|\\[\\.+*?()|\[\]{}^$]|[^\\.+*?()|\[\]{}^$])*", re.DOTALL)
_LONGEST_PATTERN = 10_000
_MOST_WILDCARDS = 500
#: The name of the only unknown size, the number of rows.
_ROWS = "N"

#: onnxruntime takes seconds to load this many nodes, and its time grows faster than linearly.
_MOST_NODES = 50_000
#: The maximum number of elements that all results in a graph can have for one row.
_MOST_ELEMENTS = 2**18


class Foreign(Exception):
    """A model that contains something that mlbuild does not write. The message says what."""


@frozen
class Port:
    """An input or output of a model: the type of its elements, and its number of columns."""

    element: str
    width: int


@frozen
class Inspected:
    """The metadata of a valid model. `elements` is the number of elements that all its results have for one row."""

    metadata: dict[str, str]
    inputs: dict[str, Port]
    outputs: dict[str, Port]
    elements: int


def inspect(content: bytes) -> Inspected:
    """Check a model without running it.

    Raises:
        Foreign: It is not an ONNX model, or contains something that mlbuild does not write.
    """
    from google.protobuf.message import DecodeError

    try:
        model = model_class().FromString(content)
        for message in _messages(model):
            _check(message)
        return _inspected(model)
    except DecodeError:
        raise Foreign("it is not an ONNX model") from None
    except UnicodeDecodeError:
        raise Foreign(_NO_TEXT) from None


def _messages(message: Any) -> Iterator[Any]:
    """Yield a message and all messages in it. The fields of a message are checked before its fields are visited."""
    for number in unknown_fields(message):
        raise Foreign(f"a message of the type '{message.DESCRIPTOR.name}' has the field {number}")
    yield message
    for field, value in message.ListFields():
        for part in value if field.is_repeated else [value]:
            if field.message_type is not None:
                yield from _messages(part)
            elif field.type == field.TYPE_STRING and isinstance(part, bytes):
                raise Foreign(_NO_TEXT)
            elif field.type != field.TYPE_STRING:
                break


def _check(message: Any) -> None:
    """Check one message."""
    kind = message.DESCRIPTOR.name
    if kind == "OperatorSetIdProto" and message.domain not in OPERATORS:
        raise Foreign(f"it uses operators of {message.domain[:80]!r}")
    if kind == "GraphProto" and len(message.node) > _MOST_NODES:
        raise Foreign(f"it has {len(message.node):,} nodes")
    if kind == "NodeProto" and message.op_type not in OPERATORS.get(message.domain, ()):
        raise Foreign(f"it has the operator {message.op_type[:80]!r}")
    if kind == "AttributeProto":
        filled = {field.name for field, _ in message.ListFields()} - {"name", "type"}
        if message.name == "pattern" and not _is_written(message.s):
            raise Foreign("it has a pattern that no expression produces")
        if message.type not in ATTRIBUTES or filled - {ATTRIBUTES[message.type]}:
            raise Foreign(f"the attribute {message.name[:80]!r} has a value of the wrong type")
    if kind == "TensorProto" and not _holds_its_data(message):
        raise Foreign(f"the constant {message.name[:80]!r} has the wrong size")


def _is_written(pattern: bytes) -> bool:
    """Whether a pattern is one of LIKE, ILIKE or REGEXP_LIKE."""
    if len(pattern) > _LONGEST_PATTERN:
        return False
    if pattern.count(b".") <= _MOST_WILDCARDS and _PATTERN.fullmatch(pattern):
        return True
    return is_search(pattern.decode())


def _holds_its_data(tensor: Any) -> bool:
    count = math.prod(tensor.dims)
    if min(tensor.dims, default=0) < 0:
        return False
    if tensor.data_type == STRING:
        b"\0".join(tensor.string_data).decode()
        return len(tensor.string_data) == count and not tensor.raw_data
    size = _SIZES.get(tensor.data_type)
    return size is not None and len(tensor.raw_data) == count * size and not tensor.string_data


def _inspected(model: Any) -> Inspected:
    inputs, outputs = _ports(model.graph.input), _ports(model.graph.output)
    if strange := [name for name, port in inputs.items() if port.width != 1]:
        raise Foreign(f"the width of the input {strange[0][:80]!r} is not 1")
    shapes: dict[str, Shape] = {tensor.name: tuple(tensor.dims) for tensor in model.graph.initializer}
    shapes |= dict.fromkeys(inputs, (_ROWS, 1))
    elements = 0
    for node in model.graph.node:
        shape = _result(node, shapes)
        elements += math.prod(size for size in shape if isinstance(size, int))
        if shape.count(_ROWS) > 1 or elements > _MOST_ELEMENTS:
            raise Foreign("it needs too much memory per row")
        shapes[node.output[0]] = shape
    if any(shapes.get(name) != (_ROWS, port.width) for name, port in outputs.items()):
        raise Foreign("an output has the wrong shape")
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    return Inspected(metadata, inputs, outputs, elements)


def _result(node: Any, shapes: Mapping[str, Shape]) -> Shape:
    """Return the shape of the result of a node, given the shapes of earlier results."""
    if len(node.output) != 1 or node.output[0] in shapes:
        raise Foreign("an operator has no separate result")
    if not all(name in shapes for name in node.input if name):
        raise Foreign("an operator uses a value that is not computed before it")
    given = [shapes.get(name, ()) for name in node.input]
    attributes = {one.name: attribute_value(one) for one in node.attribute}
    try:
        shape = shape_of(node.domain, node.op_type, given, attributes)
    except Misfit:
        raise Foreign(f"the inputs of the operator '{node.op_type}' do not match") from None
    if node.op_type == "TreeEnsemble":
        found = read_ensemble(node)
        wrong = found if isinstance(found, str) else fault(found, int(given[0][1]))
        if wrong:
            raise Foreign(f"its trees have {wrong}")
    return shape


def _ports(values: Any) -> dict[str, Port]:
    """Return inputs or outputs, all of shape [N, width]."""
    ports = {}
    for value in values:
        element, shape = _ELEMENTS.get(value.type.tensor_type.elem_type), _shape(value)
        if element is None or len(shape) != 2 or shape[0] != _ROWS or not isinstance(shape[1], int):
            raise Foreign(
                f"{value.name[:80]!r} has a type or shape that is not allowed for inputs and outputs"
            )
        ports[value.name] = Port(element, shape[1])
    return ports


def _shape(value: Any) -> Shape:
    dims = value.type.tensor_type.shape.dim
    return tuple(dim.dim_value if dim.HasField("dim_value") else dim.dim_param for dim in dims)
