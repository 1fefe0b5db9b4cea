"""Models with operators, texts and patterns that mlbuild does not write."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx
from onnx import TensorProto, helper

from tests.hostile.base import Fresh, Named, Proto, attribute, behind, constant


def _graph(name: str, inputs: Sequence[Proto], outputs: Sequence[Proto], *nodes: Proto) -> Proto:
    return helper.make_graph(nodes, name, inputs, outputs)


def operators(fresh: Fresh) -> Named:
    double, boolean, integer = TensorProto.DOUBLE, TensorProto.BOOL, TensorProto.INT64
    info = helper.make_tensor_value_info
    body = _graph(
        "body",
        [info("i", integer, []), info("go", boolean, []), info("a", double, None)],
        [info("on", boolean, []), info("b", double, None)],
        helper.make_node("Identity", ["go"], ["on"]),
        helper.make_node("Add", ["a", "a"], ["b"]),
    )
    rounds, true = constant(np.int64(2**62), "rounds"), constant(np.bool_(True), "true")
    loop = helper.make_node("Loop", ["rounds", "true", "inner"], ["prediction"], body=body)
    yield "a loop of 2^62 rounds", behind(fresh, [loop], rounds, true)
    branch = _graph("branch", [], [info("b", double, None)], helper.make_node("Identity", ["inner"], ["b"]))
    choice = helper.make_node("If", ["true"], ["prediction"], then_branch=branch, else_branch=branch)
    yield "a branch", behind(fresh, [choice], true)
    scan = _graph(
        "scan",
        [info("a", double, None)],
        [info("b", double, None)],
        helper.make_node("Identity", ["a"], ["b"]),
    )
    yield (
        "a scan",
        behind(fresh, [helper.make_node("Scan", ["inner"], ["prediction"], body=scan, num_scan_inputs=1)]),
    )
    hidden = helper.make_node("Neg", ["inner"], ["prediction"], body=body)
    yield "a subgraph in an operator that has none", behind(fresh, [hidden])
    for domain, op in (
        ("com.microsoft", "FusedMatMul"),
        ("ai.onnx.preview.training", "Adam"),
        ("nobody", "Neg"),
        ("", "Neg2"),
        ("", "RandomNormalLike"),
        ("ai.onnx.ml", "TreeEnsembleRegressor"),
    ):
        model = behind(fresh, [helper.make_node(op, ["inner"], ["prediction"], domain=domain)])
        if domain:
            model.opset_import.append(helper.make_opsetid(domain, 1))
        yield f"the operator {op} of '{domain}'", model
    function = helper.make_function(
        "", "Neg", ["a"], ["b"], [helper.make_node("Exp", ["a"], ["b"])], [helper.make_opsetid("", 21)]
    )
    model = behind(fresh, [helper.make_node("Neg", ["inner"], ["prediction"])])
    model.functions.append(function)
    yield "an operator of its own making", model
    model = fresh()
    model.training_info.add().algorithm.node.append(loop)
    yield "something to train", model
    model = behind(fresh, [helper.make_node("Softmax", ["inner"], ["prediction"])])
    model.graph.node[-1].attribute.add(name="axis", ref_attr_name="axis", type=onnx.AttributeProto.INT)
    yield "an attribute of a function", model


def texts(fresh: Fresh) -> Named:
    for pattern in ("(", "(a{1000}){1000}", "(" * 10_000, "(?s)" + ".*a" * 4000, "(?s)" + ".*a" * 501):
        match = [
            helper.make_node("RegexFullMatch", ["s"], ["matched"], pattern=pattern),
            helper.make_node("Cast", ["matched"], ["prediction"], to=TensorProto.DOUBLE),
        ]
        yield f"the pattern {pattern[:20]}", behind(fresh, match)
    model = fresh()
    attribute(model, "keys_tensor").t.string_data[0] = b"\xff\xfe"
    yield "a text that is not UTF-8", model
    model = fresh()
    key = helper.make_tensor("", TensorProto.STRING, (1,), np.array([b"a"], dtype=object))
    attribute(model, "keys_tensor").CopyFrom(helper.make_attribute("keys_tensor", key))
    yield "one key for several values", model
    for text in ("mlbuild.inputs", "mlbuild.outputs", "prediction"):
        found = onnx.ModelProto()
        found.ParseFromString(fresh().SerializeToString().replace(text.encode(), b"\xff" * len(text)))
        yield f"the name {text} that is not UTF-8", found
