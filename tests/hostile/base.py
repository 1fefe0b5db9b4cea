"""The parts of hostile models: a valid model, and additional nodes and constants."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from mlbuild.lowering.checksum import KEY

Proto = Any
#: Returns a new copy of the valid model, without its checksum.
Fresh = Callable[[], Proto]
#: Models by what is wrong with them.
Named = Iterator[tuple[str, Proto]]
#: More elements than fit into memory.
LARGE = 10_000_000_000


def copies(good: bytes) -> Fresh:
    def fresh() -> Proto:
        model = onnx.load_from_string(good)
        (entry,) = [entry for entry in model.metadata_props if entry.key == KEY]
        model.metadata_props.remove(entry)
        return model

    return fresh


def behind(fresh: Fresh, nodes: Sequence[Proto], *constants: Proto) -> Proto:
    """Return the valid model with nodes that compute `prediction` from `inner`, its previous output."""
    model = fresh()
    (last,) = [node for node in model.graph.node if "prediction" in node.output]
    last.output[0] = "inner"
    model.graph.node.extend(nodes)
    model.graph.initializer.extend(constants)
    return model


def plus(constant: str) -> list[Proto]:
    return [helper.make_node("Add", ["inner", constant], ["prediction"])]


def constant(array: Any, name: str = "c") -> Proto:
    return numpy_helper.from_array(np.asarray(array), name)


def claiming(dims: Sequence[int], element: int = TensorProto.DOUBLE) -> Proto:
    """Return a constant without data that claims to have this size."""
    return TensorProto(name="c", dims=dims, data_type=element)


def attribute(model: Proto, name: str) -> Proto:
    """Return the first attribute with this name."""
    return next(one for node in model.graph.node for one in node.attribute if one.name == name)
