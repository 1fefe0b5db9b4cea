"""The messages of ONNX files, as far as lowering writes them.

Models are read with these instead of the onnx package, so that a process that only runs models does not need it. A
field that is not listed here is an unknown field of its message. The numbers are those of onnx.proto.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

#: The fields of each message as `number name type`; `*` marks a repeated field, and `|` one of several alternatives.
FIELDS = {
    "OperatorSetIdProto": "1 domain string, 2 version int64",
    "StringStringEntryProto": "1 key string, 2 value string",
    "TensorProto": "1 dims* int64, 2 data_type int32, 6 string_data* bytes, 8 name string, 9 raw_data bytes",
    "Dimension": "1 dim_value| int64, 2 dim_param| string",
    "TensorShapeProto": "1 dim* Dimension",
    "Tensor": "1 elem_type int32, 2 shape TensorShapeProto",
    "TypeProto": "1 tensor_type| Tensor",
    "ValueInfoProto": "1 name string, 2 type TypeProto",
    "AttributeProto": "1 name string, 2 f float, 3 i int64, 4 s bytes, 5 t TensorProto, 7 floats* float, "
    "8 ints* int64, 9 strings* bytes, 20 type int32",
    "NodeProto": "1 input* string, 2 output* string, 3 name string, 4 op_type string, 5 attribute* AttributeProto, "
    "7 domain string",
    "GraphProto": "1 node* NodeProto, 2 name string, 5 initializer* TensorProto, 11 input* ValueInfoProto, "
    "12 output* ValueInfoProto",
    "ModelProto": "1 ir_version int64, 2 producer_name string, 7 graph GraphProto, 8 opset_import* OperatorSetIdProto, "
    "14 metadata_props* StringStringEntryProto",
}
#: The field that contains the value of an attribute, by the type of the attribute.
ATTRIBUTES = {1: "f", 2: "i", 3: "s", 4: "t", 6: "floats", 7: "ints", 8: "strings"}
_VALUES: dict[int, Callable[[Any], Any]] = {
    1: lambda one: one.f,
    2: lambda one: one.i,
    3: lambda one: one.s,
    4: lambda one: one.t,
    6: lambda one: one.floats,
    7: lambda one: one.ints,
    8: lambda one: one.strings,
}
_TENSOR, _LISTS = 4, (6, 7, 8)
#: The numpy types of the elements in `raw_data` by `data_type`, and the `data_type` of strings.
NUMBERS = {1: "<f4", 2: "|u1", 7: "<i8", 9: "|b1", 11: "<f8"}
STRING = 8


@cache
def model_class() -> Any:
    """Return the class of messages that hold a model."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    file = descriptor_pb2.FileDescriptorProto(name="model.proto", package="mlbuild", syntax="proto2")
    kinds = descriptor_pb2.FieldDescriptorProto
    for name, fields in FIELDS.items():
        message = file.message_type.add(name=name)
        for number, field, kind in map(str.split, fields.split(",")):
            label = kinds.LABEL_REPEATED if field.endswith("*") else kinds.LABEL_OPTIONAL
            made = message.field.add(name=field.rstrip("*|"), number=int(number), label=label)
            if field.endswith("|"):
                made.oneof_index = 0
            if kind in FIELDS:
                made.type, made.type_name = kinds.TYPE_MESSAGE, f".mlbuild.{kind}"
            else:
                made.type = kinds.Type.Value(f"TYPE_{kind.upper()}")
        if "|" in fields:
            message.oneof_decl.add(name="value")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("mlbuild.ModelProto"))


def unknown_fields(message: Any) -> Iterator[int]:
    """Yield the numbers of the fields of a message that are not listed here."""
    from google.protobuf.unknown_fields import UnknownFieldSet

    return (field.field_number for field in UnknownFieldSet(message))


def attribute_value(attribute: Any) -> Any:
    """Return the value of an attribute; that of a tensor is its message."""
    value = _VALUES[attribute.type](attribute)
    return list(value) if attribute.type in _LISTS else value


def is_tensor(attribute: Any) -> bool:
    return bool(attribute.type == _TENSOR)


def array_of(tensor: Any) -> np.ndarray[Any, Any]:
    """Return the elements of a tensor, of which lowering wrote the data."""
    import numpy as np

    shape = tuple(tensor.dims)
    if tensor.data_type == STRING:
        return np.array(list(tensor.string_data), dtype=object).reshape(shape)
    return np.frombuffer(tensor.raw_data, NUMBERS[tensor.data_type]).reshape(shape)
