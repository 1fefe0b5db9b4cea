"""Reads the trees of a written model back and compares them with the expected ones, node by node.

Equal trees give equal results for every possible row, so only the rest of the model must be compared with rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlbuild.frozen import frozen
from mlbuild.lowering.ensemble import read_ensemble
from mlbuild.lowering.operators import ML
from mlbuild.lowering.trees import LEQ, MEMBER, Trees

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


@frozen
class TreeProof:
    """The numbers of trees, nodes and leaves that were compared, and the first difference, or None if all are
    equal.
    """

    trees: int
    nodes: int
    leaves: int
    difference: str | None

    def to_json(self) -> dict[str, Any]:
        counts = {"trees": self.trees, "nodes": self.nodes, "leaves": self.leaves}
        return counts | ({"difference": self.difference} if self.difference else {})


def prove_trees(model: bytes, wanted: Trees) -> TreeProof:
    """Compare the last TreeEnsemble of an ONNX model with `wanted`: structure, features, thresholds, sets and
    leaves.

    Thresholds and leaf values must be bit-identical. The numbering of nodes and leaves does not matter.
    """
    written = _written(model)
    if isinstance(written, str):
        return TreeProof(0, 0, 0, written)
    pairs = _TreePairs(wanted, written)
    difference = pairs.walk() or pairs.differing_nodes() or pairs.differing_leaves()
    return TreeProof(len(wanted.roots), len(pairs.nodes), len(pairs.leaves), difference)


def _written(model: bytes) -> dict[str, Any] | str:
    """Return the attributes of the ensemble as arrays, or what is wrong with them."""
    import onnx

    graph = onnx.load_from_string(model).graph
    nodes = [node for node in graph.node if node.op_type == "TreeEnsemble" and node.domain == ML]
    return read_ensemble(nodes[-1]) if nodes else "the model has no trees"


class _TreePairs:
    """Walks the expected and the written trees in parallel. `nodes` and `leaves` are pairs of numbers."""

    def __init__(self, wanted: Trees, written: dict[str, Any]) -> None:
        self.wanted, self.written = wanted, written
        self.nodes: list[tuple[int, int]] = []
        self.leaves: list[tuple[int, int]] = []

    def walk(self) -> str | None:
        """Pair all nodes and leaves. Stop at a difference in the structure."""
        wanted, written = self.wanted, self.written
        left, right = wanted.left.tolist(), wanted.right.tolist()
        sides = [
            (written[f"nodes_{side}leafs"].tolist(), written[f"nodes_{side}nodeids"].tolist())
            for side in ("true", "false")
        ]
        count = len(sides[0][0])
        roots = written["tree_roots"].tolist()
        if len(roots) != len(wanted.roots) or written["n_targets"] != wanted.targets:
            return f"{len(roots)} trees instead of {len(wanted.roots)}, or another number of targets"
        seen: set[int] = set()
        for tree, (root, other) in enumerate(zip(wanted.roots.tolist(), roots, strict=True)):
            stack = [(root, other, False)]
            while stack:
                here, there, is_leaf = stack.pop()
                if not is_leaf and (there in seen or not 0 <= there < count):
                    return f"tree {tree} has no node {there} of its own"
                if here < 0 and not is_leaf and here == root:
                    # A tree that is a single leaf is written as a node with that leaf on both sides.
                    if not all(leafs[there] for leafs, _ in sides):
                        return f"tree {tree} is not one leaf"
                    seen.add(there)
                    self.leaves += [(~here, numbers[there]) for _, numbers in sides]
                elif (here < 0) != is_leaf:
                    return f"tree {tree} has a different structure"
                elif is_leaf:
                    self.leaves.append((~here, there))
                else:
                    seen.add(there)
                    self.nodes.append((here, there))
                    for child, (leafs, numbers) in zip((left[here], right[here]), sides, strict=True):
                        stack.append((child, numbers[there], bool(leafs[there])))
        return None

    def differing_nodes(self) -> str | None:
        """Return the first node with a different condition."""
        import numpy as np

        if not self.nodes:
            return None
        here, there = np.array(self.nodes, dtype=np.int64).T
        wanted, written = self.wanted, self.written
        member = wanted.member[here]
        mode = np.where(member, MEMBER, LEQ)
        splits = written["nodes_splits"]
        checks = {
            "feature": wanted.feature[here] == written["nodes_featureids"][there],
            "mode": mode == written["nodes_modes"][there],
            "threshold": member | (_bits(wanted.threshold[here]) == _bits(splits[there])),
            "missing": (wanted.missing_left[here] & ~member)
            == written["nodes_missing_value_tracks_true"][there].astype(bool),
            "set": self._equal_sets(here, there, member),
        }
        for what, equal in checks.items():
            if not equal.all():
                return f"the {what} of node {int(here[np.argmin(equal)])}"
        return None

    def _equal_sets(self, here: Array, there: Array, member: Array) -> Array:
        import numpy as np

        equal = np.ones(len(here), dtype=bool)
        values = self.written.get("membership_values", np.zeros(0))
        ends = np.flatnonzero(np.isnan(values))
        starts = np.concatenate([[0], ends[:-1] + 1]).astype(np.int64)
        # Sets are written in the order of their nodes.
        at = {
            int(node): place
            for place, node in enumerate(np.flatnonzero(self.written["nodes_modes"] == MEMBER))
        }
        number = np.cumsum(self.wanted.member) - 1
        for place in np.flatnonzero(member):
            written = at.get(int(there[place]), len(ends))
            found = values[starts[written] : ends[written]] if written < len(ends) else None
            wanted = self.wanted.sets[number[here[place]]]
            equal[place] = found is not None and np.array_equal(np.unique(found), np.unique(wanted))
        return equal

    def differing_leaves(self) -> str | None:
        """Return the first leaf with a different value or target."""
        import numpy as np

        here, there = np.array(self.leaves, dtype=np.int64).T
        values, targets = self.written["leaf_weights"], self.written["leaf_targetids"]
        if there.min() < 0 or there.max() >= min(len(values), len(targets)):
            return "a leaf that does not exist"
        equal = _bits(self.wanted.leaf_value[here]) == _bits(values[there])
        if not equal.all():
            return f"the value of leaf {int(here[np.argmin(equal)])}"
        equal = self.wanted.leaf_target[here] == targets[there]
        return None if equal.all() else f"the target of leaf {int(here[np.argmin(equal)])}"


def _bits(values: Array) -> Array:
    """Convert doubles to integers with the same bits; 0.0 and -0.0 are one value."""
    import numpy as np

    bits: Array = (np.asarray(values, dtype=np.float64) + 0.0).view(np.int64)
    return bits
