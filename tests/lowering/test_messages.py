"""Model files are read with our own messages, which must be those of ONNX."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import onnx
import pytest
from onnx import AttributeProto, TensorProto, helper, numpy_helper

from mlbuild.lowering.messages import FIELDS, array_of, attribute_value, model_class, unknown_fields

#: `AttributeProto.type` is an enumeration, whose numbers are written as those of an int32.
_ENUM, _INT32 = 14, 5


def messages(found: Any) -> Iterator[Any]:
    for message in found.values():
        yield message
        yield from message.nested_types


def test_every_field_has_the_number_and_the_type_of_onnx() -> None:
    theirs = {
        message.name: message for message in messages(onnx.ModelProto.DESCRIPTOR.file.message_types_by_name)
    }
    ours = model_class().DESCRIPTOR.file.message_types_by_name
    assert set(ours) == set(FIELDS)
    for name, message in ours.items():
        for field in message.fields:
            other = theirs[name].fields_by_number[field.number]
            kind = _INT32 if other.type == _ENUM else other.type
            assert (field.name, field.type) == (other.name, kind)
            assert (field.is_repeated, field.is_packed) == (other.is_repeated, other.is_packed)
            assert bool(field.containing_oneof) == bool(other.containing_oneof)
            assert other.message_type is None or field.message_type.name == other.message_type.name


@pytest.mark.parametrize(
    "value", [0, -3, 2.5, b"text", [1, 2], [0.5, 1.5], [b"a", b"b"]], ids=lambda value: repr(value)
)
def test_values_of_attributes(value: Any) -> None:
    attribute = helper.make_attribute("name", value)
    assert attribute_value(read(attribute)) == helper.get_attribute_value(attribute)


@pytest.mark.parametrize("kind", ["DOUBLE", "FLOAT", "INT64", "UINT8", "BOOL"])
def test_numbers_of_tensors(kind: str) -> None:
    array = numpy_helper.to_array(
        helper.make_tensor("name", TensorProto.DataType.Value(kind), [2, 3], [0, 1, 1, 0, 1, 0])
    )
    found = array_of(read(helper.make_attribute("name", numpy_helper.from_array(array))).t)
    assert found.dtype == array.dtype and (found == array).all() and found.shape == (2, 3)


def test_fields_that_lowering_never_writes_are_unknown() -> None:
    model = model_class().FromString(onnx.ModelProto(doc_string="text", ir_version=10).SerializeToString())
    assert (model.ir_version, [*unknown_fields(model)]) == (10, [6])


def read(attribute: AttributeProto) -> Any:
    """Return an attribute as it is read from a file."""
    node = onnx.NodeProto(attribute=[attribute])
    model = onnx.ModelProto(graph=onnx.GraphProto(node=[node]))
    return model_class().FromString(model.SerializeToString()).graph.node[0].attribute[0]
