"""Models whose inputs, outputs and metadata do not match their contents."""

from __future__ import annotations

import json
from typing import Any

import onnx
from onnx import TensorProto, helper

from tests.hostile.base import Fresh, Named, Proto, behind


def ports(fresh: Fresh) -> Named:
    info = helper.make_tensor_value_info
    for what, port in {
        "float32": info("more", TensorProto.FLOAT, ["N", 1]),
        "matrix": info("more", TensorProto.DOUBLE, ["N", 7]),
        "scalar": info("more", TensorProto.DOUBLE, []),
        "fixed": info("more", TensorProto.DOUBLE, [10**9, 1]),
        "nameless": info("", TensorProto.DOUBLE, ["N", 1]),
        "further": info("more", TensorProto.DOUBLE, ["N", 1]),
        "sequence": helper.make_tensor_sequence_value_info("more", TensorProto.DOUBLE, None),
        "untyped": onnx.ValueInfoProto(name="more"),
    }.items():
        model = fresh()
        model.graph.input.append(port)
        yield f"a {what} input", model
        model = behind(fresh, [helper.make_node("Neg", ["inner"], [name]) for name in ("prediction", "more")])
        model.graph.output.append(port)
        yield f"a {what} output", model
    model = fresh()
    next(
        port for port in model.graph.input if port.name == "x"
    ).type.tensor_type.elem_type = TensorProto.FLOAT
    yield "an input that became float32", model
    model = fresh()
    del model.graph.input[:]
    yield "no inputs", model
    model = fresh()
    del model.graph.output[:]
    yield "no outputs", model
    yield (
        "an output that is wider than it says",
        behind(fresh, [helper.make_node("Concat", ["inner", "inner"], ["prediction"], axis=1)]),
    )
    yield (
        "an output that is longer than it says",
        behind(fresh, [helper.make_node("Concat", ["inner", "inner"], ["prediction"], axis=0)]),
    )


def _told(fresh: Fresh, key: str, value: str | bytes) -> Proto:
    model = fresh()
    (entry,) = [entry for entry in model.metadata_props if entry.key == key]
    entry.value = value
    return model


def metadata(fresh: Fresh) -> Named:
    (good,) = [json.loads(entry.value) for entry in fresh().metadata_props if entry.key == "mlbuild.inputs"]
    inputs: dict[str, Any] = {
        "no JSON": "[{",
        "nothing": "",
        "a number": "7",
        "a map": "{}",
        "half a character": json.dumps([{**good[0], "missing": "\ud800"}, *good[1:]]),
        "a name with half a character": json.dumps([{**good[0], "name": "\udc00"}, *good[1:]]),
        "a list of numbers": "[1, 2]",
        "a list too many": json.dumps([good]),
        "lists in lists": "[" * 100_000,
        "no inputs": "[]",
        "half of the inputs": json.dumps(good[:1]),
        "an input twice": json.dumps([*good, good[0]]),
    }
    for key in ("name", "dtype", "missing"):
        for what, value in {"a number": 7, "a list": [], "a map": {}, "another": "nonsense"}.items():
            if (key, what) != ("missing", "another"):
                inputs[f"{what} as {key}"] = json.dumps([good[0], good[1] | {key: value}])
    for what, text in inputs.items():
        yield f"{what} told of inputs", _told(fresh, "mlbuild.inputs", text)
    for what, value in {
        "no JSON": "[{",
        "no list": "{}",
        "none": "[]",
        "a nameless one": '[{"columns": ["a"]}]',
        "a strange name": '[{"name": []}]',
        "another one": '[{"name": "other"}]',
        "more columns": '[{"name": "prediction", "columns": ["a", "b"]}]',
        "no columns": '[{"name": "prediction", "columns": []}]',
        "numbers as columns": '[{"name": "prediction", "columns": [1]}]',
        "a map of columns": '[{"name": "prediction", "columns": {}}]',
    }.items():
        yield f"{what} told of outputs", _told(fresh, "mlbuild.outputs", value)
    model = fresh()
    del model.metadata_props[:]
    yield "no metadata", model
