"""How LightGBM converts sums of leaves to scores: the `ConvertOutput` of each objective, natively and in ONNX."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlbuild.lowering.graph import Graph, Tensor
from mlbuild.models.lightgbm.text import ModelText

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

#: The objectives that predict the logarithm.
_LOG = ("poisson", "gamma", "tweedie")


def link(model: ModelText, sums: Array) -> Array:
    """Convert sums, [N, trees per round], to scores, [N, 1] or [N, classes]."""
    import numpy as np

    name, words = model.objective
    with np.errstate(all="ignore"):
        if name in ("binary", "multiclassova"):
            share: Array = 1.0 / (1.0 + np.exp(-float(words["sigmoid"]) * sums))
            return np.hstack([1.0 - share, share]) if name == "binary" else share
        if name == "multiclass":
            powers = np.exp(sums - sums.max(axis=1, keepdims=True))
            shares: Array = powers / powers.sum(axis=1, keepdims=True)
            return shares
        if name in _LOG:
            return np.asarray(np.exp(sums))
        return np.asarray(sums * np.abs(sums)) if "sqrt" in words else sums


def scale(model: ModelText) -> str:
    """Describe what the sums are."""
    name, words = model.objective
    if name in ("binary", "multiclassova"):
        steepness = float(words["sigmoid"])
        return "log-odds" if steepness == 1 else f"log-odds / {steepness:g}"
    if name == "multiclass":
        return "logits"
    if name in _LOG:
        return "log of the score"
    return "signed square root of the score" if "sqrt" in words else "score"


def lower_link(model: ModelText, graph: Graph, sums: Tensor) -> Tensor:
    """Convert sums to scores in the graph, in the same form as LightGBM."""
    name, words = model.objective
    if name == "binary":
        positive = _sigmoid(graph, sums, float(words["sigmoid"]))
        negative = graph.call("Sub", graph.constant(1.0), positive)
        return graph.call("Concat", negative, positive, axis=1)
    if name == "multiclass":
        return graph.call("Softmax", sums, axis=1)
    if name == "multiclassova":
        return _sigmoid(graph, sums, float(words["sigmoid"]))
    if name in _LOG:
        return graph.call("Exp", sums)
    if "sqrt" in words:
        return graph.call("Mul", sums, graph.call("Abs", sums))
    return sums


def _sigmoid(graph: Graph, sums: Tensor, steepness: float) -> Tensor:
    """1 / (1 + exp(-steepness * sums)), accurate in the tail towards 0."""
    one = graph.constant(1.0)
    power = graph.call("Exp", graph.call("Mul", sums, graph.constant(-steepness)))
    return graph.call("Div", one, graph.call("Add", one, power))
