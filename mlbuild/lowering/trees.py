"""Writes an ensemble of decision trees as one ONNX TreeEnsemble node in double."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mlbuild.frozen import frozen
from mlbuild.lowering.graph import Graph, Tensor
from mlbuild.lowering.operators import ML

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

#: Modes of nodes: `feature <= threshold`, and membership in a set.
LEQ, MEMBER = 0, 6
#: Attributes that are the same in every ensemble: leaves are summed, and the sums are not transformed.
FIXED = {"aggregate_function": 1, "post_transform": 0}


@frozen
class Trees:
    """Trees whose leaf values are added up, tree by tree in order, for the target of each leaf.

    The nodes of all trees are numbered consecutively, and so are the leaves. A root or child is the number of a
    node or, if it is negative, the complement `~number` of a leaf. A row goes left at a node if `feature <=
    threshold`. At a member node it goes left if the feature is in the set of the node; `sets` has one set for each
    member node, in order. NaN goes left if `missing_left` is set, and never at a member node.
    """

    roots: Array
    feature: Array
    threshold: Array
    missing_left: Array
    left: Array
    right: Array
    member: Array
    sets: Sequence[Array]
    leaf_value: Array
    leaf_target: Array
    targets: int


def tree_ensemble(graph: Graph, matrix: Tensor, trees: Trees) -> Tensor:
    """Return the sums of the leaves that each row of `matrix` (double, [N, features]) reaches: [N, targets].

    Operator: https://onnx.ai/onnx/operators/onnx_aionnxml_TreeEnsemble.html. Nodes are written in depth-first
    preorder, which ONNX's reference implementation requires if there are sets.
    """
    import numpy as np

    trees = _renumbered(_rooted(trees))
    order = _preorder(trees.roots.tolist(), trees.left.tolist(), trees.right.tolist())
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    left, right = trees.left[order], trees.right[order]
    member = trees.member[order]
    return graph.call(
        "TreeEnsemble",
        matrix,
        domain=ML,
        element="double",
        n_targets=trees.targets,
        **FIXED,
        tree_roots=place[trees.roots].tolist(),
        nodes_featureids=trees.feature[order].tolist(),
        nodes_modes=np.where(member, MEMBER, LEQ).astype(np.uint8),
        nodes_splits=np.where(member, 0.0, trees.threshold[order]),
        nodes_missing_value_tracks_true=(trees.missing_left[order] & ~member).astype(np.int64).tolist(),
        nodes_trueleafs=(left < 0).astype(np.int64).tolist(),
        nodes_truenodeids=_numbers(left, place),
        nodes_falseleafs=(right < 0).astype(np.int64).tolist(),
        nodes_falsenodeids=_numbers(right, place),
        membership_values=_memberships(trees, order) if member.any() else None,
        leaf_targetids=trees.leaf_target.tolist(),
        leaf_weights=np.asarray(trees.leaf_value, dtype=np.float64),
    )


def _rooted(trees: Trees) -> Trees:
    """Return the same trees, each with a node as root. A tree that is a leaf becomes a node with two equal leaves.

    There are two leaves because onnx's reference implementation misreads a node with one leaf on both sides.
    """
    import numpy as np

    bare = trees.roots < 0
    more = int(bare.sum())
    if more == 0:
        return trees
    lone = ~trees.roots[bare]
    twin = len(trees.leaf_value) + np.arange(more)
    roots = trees.roots.copy()
    roots[bare] = len(trees.feature) + np.arange(more)
    zeros = np.zeros(more, dtype=np.int64)
    return replace(
        trees,
        roots=roots,
        feature=np.append(trees.feature, zeros),
        threshold=np.append(trees.threshold, zeros.astype(np.float64)),
        missing_left=np.append(trees.missing_left, zeros.astype(bool)),
        left=np.append(trees.left, ~lone),
        right=np.append(trees.right, ~twin),
        member=np.append(trees.member, zeros.astype(bool)),
        leaf_value=np.append(trees.leaf_value, trees.leaf_value[lone]),
        leaf_target=np.append(trees.leaf_target, trees.leaf_target[lone]),
    )


def _renumbered(trees: Trees) -> Trees:
    """Return the same trees, but give the last numbers to leaves whose parent is a root that also has a node as
    child.

    Nodes and leaves are numbered separately, so a leaf and a node can have the same number. If these two are the
    children of one root, onnxruntime before 1.24.1 treats that root as a leaf
    (https://github.com/microsoft/onnxruntime/issues/24679). The moved leaves get numbers that no node has: each
    tree has more leaves than nodes, and at most one of its leaves is moved.
    """
    import numpy as np

    left, right = trees.left[trees.roots], trees.right[trees.roots]
    beside_node = ~np.minimum(left, right)[(left < 0) != (right < 0)]
    last = np.zeros(len(trees.leaf_value), dtype=bool)
    last[beside_node] = True
    order = np.argsort(last, kind="stable")
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.arange(len(order))

    def child(former: Array) -> Array:
        return np.where(former < 0, ~number[~np.minimum(former, -1)], former)

    return replace(
        trees,
        left=child(trees.left),
        right=child(trees.right),
        leaf_value=trees.leaf_value[order],
        leaf_target=trees.leaf_target[order],
    )


def _preorder(roots: list[int], left: list[int], right: list[int]) -> list[int]:
    """Number the nodes: each before its subtree, and the left side before the right."""
    order = []
    for root in roots:
        stack = [root]
        while stack:
            node = stack.pop()
            order.append(node)
            if right[node] >= 0:
                stack.append(right[node])
            if left[node] >= 0:
                stack.append(left[node])
    return order


def _numbers(children: Array, place: Array) -> list[int]:
    """Return the number of each child: that of the leaf, or that of the node in its new position."""
    import numpy as np

    numbers: list[int] = np.where(children < 0, ~children, place[np.maximum(children, 0)]).tolist()
    return numbers


def _memberships(trees: Trees, order: list[int]) -> Array:
    """Return the sets of the member nodes in order, each followed by NaN."""
    import numpy as np

    number = np.cumsum(trees.member) - 1
    end = np.array([np.nan])
    parts: list[Array] = []
    for node in order:
        if trees.member[node]:
            parts += [np.asarray(trees.sets[number[node]], dtype=np.float64), end]
    return np.concatenate(parts)
