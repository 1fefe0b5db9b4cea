"""Writes a trained pipeline as one ONNX model with metadata, and the contract of its inputs and outputs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from mlbuild import __version__
from mlbuild.bundle.lineage import lineage
from mlbuild.bundle.trained import Recipe, Trained
from mlbuild.lowering.graph import IR_VERSION, ML_OPSET, OPSET, Graph
from mlbuild.lowering.value import ELEMENTS
from mlbuild.models.answers.answer import ModelOutput
from mlbuild.params import Json

FORMAT = 1
#: The oldest onnxruntime that loads every model in reasonable time. `TreeEnsemble` exists since 1.21, but earlier
#: releases copy (1.21, 1.22) or compare (1.23 to 1.24.2) the subtree after a category set once for each member of
#: the set, so nested sets multiply the cost: https://github.com/microsoft/onnxruntime/pull/27391.
ONNXRUNTIME = "1.24.3"

_MISSING = {"double": "NaN", "int64": "-9223372036854775808", "string": ""}


def write_artifact(trained: Trained, key: str, versions: Mapping[str, str]) -> tuple[bytes, bytes]:
    """Return the bytes of `model.onnx` and of `contract.json`.

    `key` is the digest of everything that affects the artifact. `versions` are those of the libraries that made it.
    """
    graph = Graph()
    matrix, scores = trained.lower(graph)
    outputs = trained.answer.outputs(trained.coding)
    tensors = trained.answer.lower(graph, scores, trained.coding)
    for output in outputs:
        graph.output(output.name, tensors[output.name], output.width)
    contract = _contract(trained.recipe, outputs)
    metadata = {
        "mlbuild.format": str(FORMAT),
        "mlbuild.inputs": _json(contract["inputs"]),
        "mlbuild.outputs": _json(contract["outputs"]),
        "mlbuild.lineage": _json(lineage(trained.recipe)),
        "mlbuild.digest": key,
        "mlbuild.requires": _json({"onnxruntime": f">={ONNXRUNTIME}"}),
        "mlbuild.versions": _json({"mlbuild": __version__, **versions}),
    }
    model = graph.serialize(metadata, {name: value.tensor for name, value in matrix.items()})
    return model, json.dumps(contract, indent=2, ensure_ascii=False).encode() + b"\n"


def _contract(recipe: Recipe, outputs: Iterable[ModelOutput]) -> Json:
    """Return a versioned description of inputs and outputs for clients."""
    inputs = []
    for item in recipe.inputs:
        element = ELEMENTS[item.type.dtype]
        missing = item.null_token if element == "string" else _MISSING[element]
        told: Json = {"name": item.name, "dtype": item.type.dtype, "type": element, "shape": ["N", 1]}
        told |= {"nullable": item.type.nullable, "missing": missing}
        if item.type.categories is not None:
            told["categories"] = list(item.type.categories)
        inputs.append(told)
    return {"format": FORMAT, "opset": OPSET, "ml_opset": ML_OPSET, "ir": IR_VERSION} | {
        "onnxruntime": f">={ONNXRUNTIME}",
        "inputs": inputs,
        "outputs": [output.to_json() for output in outputs],
    }


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
