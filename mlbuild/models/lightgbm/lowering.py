"""Writes a trained LightGBM model into an ONNX graph, in double and with LightGBM's own decision rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlbuild.lowering.graph import Graph, Tensor
from mlbuild.lowering.trees import Trees, tree_ensemble
from mlbuild.models.lightgbm.link import lower_link
from mlbuild.models.lightgbm.text import MISSING_NONE, MISSING_ZERO, ModelText

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

#: LightGBM treats numbers up to this magnitude as zero (its kZeroThreshold, a float32).
ZERO = 1.0000000180025095e-35


def lower(model: ModelText, graph: Graph, matrix: Tensor) -> Tensor:
    """Return the scores of `matrix` (double, [N, features]): [N, 1], or [N, classes]."""
    raw = tree_ensemble(graph, _zeros_missing(model, graph, matrix), trees_of(model))
    if model.averaged:
        raw = graph.call("Div", raw, graph.constant(float(model.iterations)))
    return lower_link(model, graph, raw)


def _zeros_missing(model: ModelText, graph: Graph, matrix: Tensor) -> Tensor:
    """Replace zeros by NaN in the features for which LightGBM treats zeros as missing."""
    import numpy as np

    nodes = ~model.categorical & (model.missing == MISSING_ZERO)
    if not nodes.any():
        return matrix
    limits = np.full((1, model.features), -1.0)
    limits[0, model.feature[nodes]] = ZERO
    zero = graph.call("LessOrEqual", graph.call("Abs", matrix), graph.constant(limits))
    return graph.call("Where", zero, graph.constant(float("nan")), matrix)


def trees_of(model: ModelText) -> Trees:
    """Return the trees with nodes and leaves numbered consecutively.

    If a feature has no missing values in training, LightGBM treats NaN as 0.
    """
    import numpy as np

    nodes = model.leaves - 1
    first_node, first_leaf = np.cumsum(nodes) - nodes, np.cumsum(model.leaves) - model.leaves
    tree = np.repeat(np.arange(model.trees), nodes)

    def child(local: Array) -> Array:
        return local + np.where(local < 0, -first_leaf[tree], first_node[tree])

    return Trees(
        roots=np.where(nodes > 0, first_node, ~first_leaf)[kept(model)],
        feature=model.feature,
        threshold=model.threshold,
        missing_left=np.where(model.missing == MISSING_NONE, model.threshold >= 0, model.default_left),
        left=child(model.left),
        right=child(model.right),
        member=model.categorical,
        sets=model.sets,
        leaf_value=model.leaf_value,
        leaf_target=np.repeat(np.arange(model.trees) % model.per_iteration, model.leaves),
        targets=model.per_iteration,
    )


def kept(model: ModelText) -> Array:
    """Return which trees to keep.

    A tree with one leaf of value 0 adds nothing and is dropped, but at least one tree remains.
    """
    import numpy as np

    counts: Array = (model.leaves > 1) | (model.leaf_value[np.cumsum(model.leaves) - model.leaves] != 0)
    counts[0] |= not counts.any()
    return counts
