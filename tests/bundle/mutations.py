"""Mutations of an emitted model: each changes a single value by a relative error of at least 1e-6."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import onnx
from onnx import numpy_helper

from mlbuild.frozen import frozen

Change = Callable[[onnx.ModelProto, np.random.Generator], str]

#: The relative sizes of changes: from just enough to large.
_SHIFTS = (1e-6, 1e-4, 1e-2, 0.5)


@frozen
class Mutation:
    """What was changed, and the changed model."""

    what: str
    model: bytes


def mutations(model: bytes, count: int, seed: int) -> Iterator[Mutation]:
    """Yield random single changes, with equal numbers of each kind as far as possible."""
    rng = np.random.default_rng(seed)
    places = _places(onnx.load_from_string(model))
    kinds = sorted(places)
    for number in range(count):
        kind = kinds[number % len(kinds)]
        proto = onnx.load_from_string(model)
        change = places[kind][int(rng.integers(len(places[kind])))]
        what = change(proto, rng)
        yield Mutation(f"{kind}: {what}", proto.SerializeToString())


def _places(proto: onnx.ModelProto) -> dict[str, list[Change]]:
    """Return all places where a value can be changed, by kind."""
    places: dict[str, list[Change]] = {}
    for index, node in enumerate(proto.graph.node):
        if node.op_type == "TreeEnsemble":
            attributes = {attribute.name: attribute for attribute in node.attribute}
            modes = numpy_helper.to_array(attributes["nodes_modes"].t)
            weights = numpy_helper.to_array(attributes["leaf_weights"].t)
            places["threshold"] = [
                _number(index, "nodes_splits", at) for at in np.flatnonzero(modes == 0).tolist()
            ]
            places["leaf"] = [_number(index, "leaf_weights", at) for at in np.flatnonzero(weights).tolist()]
            if "membership_values" in attributes:
                codes = numpy_helper.to_array(attributes["membership_values"].t)
                places["set"] = [_code(index, at) for at in np.flatnonzero(~np.isnan(codes)).tolist()]
        if node.op_type == "LabelEncoder":
            for attribute in node.attribute:
                if attribute.name == "keys_tensor" and attribute.t.string_data:
                    count = len(attribute.t.string_data)
                    places.setdefault("vocabulary", []).extend(_text(index, at) for at in range(count))
    for index, tensor in enumerate(proto.graph.initializer):
        values = numpy_helper.to_array(tensor)
        if values.dtype == np.float64:
            usable = np.flatnonzero(np.isfinite(values.ravel()) & (values.ravel() != 0))
            places.setdefault("constant", []).extend(_constant(index, int(at)) for at in usable)
    return places


def _number(node: int, name: str, at: int) -> Change:
    def change(proto: onnx.ModelProto, rng: np.random.Generator) -> str:
        attribute = next(one for one in proto.graph.node[node].attribute if one.name == name)
        values = numpy_helper.to_array(attribute.t).copy()
        before, values[at] = values[at], _moved(values[at], rng)
        attribute.t.CopyFrom(numpy_helper.from_array(values, attribute.t.name))
        return f"{name}[{at}] {before!r} -> {values[at]!r}"

    return change


def _code(node: int, at: int) -> Change:
    """Replace one category of a set by another."""

    def change(proto: onnx.ModelProto, rng: np.random.Generator) -> str:
        attribute = next(one for one in proto.graph.node[node].attribute if one.name == "membership_values")
        values = numpy_helper.to_array(attribute.t).copy()
        ends = np.flatnonzero(np.isnan(values))
        start = int(max(ends[ends < at], default=-1)) + 1
        inside = set(values[start : int(ends[ends > at][0])].tolist())
        others = [code for code in range(1, int(np.nanmax(values)) + 1) if float(code) not in inside]
        before, values[at] = values[at], float(rng.choice(others or [int(np.nanmax(values)) + 1]))
        attribute.t.CopyFrom(numpy_helper.from_array(values, attribute.t.name))
        return f"membership_values[{at}] {before!r} -> {values[at]!r}"

    return change


def _text(node: int, at: int) -> Change:
    def change(proto: onnx.ModelProto, rng: np.random.Generator) -> str:
        attribute = next(one for one in proto.graph.node[node].attribute if one.name == "keys_tensor")
        before = attribute.t.string_data[at]
        attribute.t.string_data[at] = before + b"x"
        return f"keys_tensor[{at}] {before!r}"

    return change


def _constant(tensor: int, at: int) -> Change:
    def change(proto: onnx.ModelProto, rng: np.random.Generator) -> str:
        values = numpy_helper.to_array(proto.graph.initializer[tensor]).copy()
        flat = values.reshape(-1)
        before, flat[at] = flat[at], _moved(flat[at], rng)
        name = proto.graph.initializer[tensor].name
        proto.graph.initializer[tensor].CopyFrom(numpy_helper.from_array(values, name))
        return f"{name}[{at}] {before!r} -> {flat[at]!r}"

    return change


def _moved(value: float, rng: np.random.Generator) -> float:
    shift = float(rng.choice(_SHIFTS)) * (1 if rng.random() < 0.5 else -1)
    return float(value) * (1 + shift) if value else shift
