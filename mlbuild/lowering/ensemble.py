"""Reads the trees of a model file as arrays, and checks what onnxruntime does not check before it evaluates them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mlbuild.lowering.messages import array_of, attribute_value, is_tensor
from mlbuild.lowering.trees import FIXED, LEQ, MEMBER

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

#: The lists that describe nodes, with the type of their numbers.
NODES = {
    "nodes_featureids": "i",
    "nodes_modes": "u",
    "nodes_splits": "f",
    "nodes_missing_value_tracks_true": "i",
    "nodes_trueleafs": "i",
    "nodes_truenodeids": "i",
    "nodes_falseleafs": "i",
    "nodes_falsenodeids": "i",
}
_REST = {"tree_roots": "i", "leaf_targetids": "i", "leaf_weights": "f"}
_KNOWN = {"n_targets", "membership_values", *NODES, *_REST, *FIXED}

#: onnxruntime loads trees recursively. With 30,000 levels, its stack overflows.
_DEEPEST = 5_000
#: onnxruntime stores a set as a bit mask if its codes do not exceed this.
_MASK = 30
#: A limit on the comparisons of nodes for merging bit masks, which no real model reaches.
_MOST_COMPARISONS = 2_000_000


def read_ensemble(node: Any) -> dict[str, Any] | str:
    """Return the attributes of a TreeEnsemble node as arrays, or what is wrong with them."""
    import numpy as np

    found: dict[str, Any] = {}
    for attribute in node.attribute:
        value = attribute_value(attribute)
        found[attribute.name] = array_of(value) if is_tensor(attribute) else np.array(value)
    if strange := found.keys() - _KNOWN:
        return f"unexpected attribute '{min(strange)}'"
    for name, value in FIXED.items():
        if not np.array_equal(found.get(name, value), value):
            return f"attribute '{name}' is {found[name]}"
    lengths = {np.size(found.get(name, ())) for name in NODES}
    return "lists of nodes of different lengths" if len(lengths) > 1 else found


def fault(found: dict[str, Any], width: int) -> str | None:
    """Return why onnxruntime must not load these trees for rows with `width` features, or None if it may.

    onnxruntime trusts the numbers of nodes and features: it would read outside its lists, never end, or overflow
    its stack.
    """
    import numpy as np

    for name, kind in (NODES | _REST).items():
        value = found.get(name, np.zeros(0))
        if value.ndim != 1 or value.dtype.kind != kind or value.size == 0:
            return f"no list '{name}' of numbers"
    ensemble = _Ensemble(found)
    return next((what for what, right in ensemble.checks(width) if not np.all(right)), None)


class _Ensemble:
    """The lists of an ensemble as trees.

    A child is the number of a node, or the complement of the number of a leaf.
    """

    def __init__(self, found: dict[str, Any]) -> None:
        import numpy as np

        self.found = found
        self.feature, self.mode = found["nodes_featureids"], found["nodes_modes"]
        self.member = self.mode == MEMBER
        on_leaf = [found[f"nodes_{side}leafs"] != 0 for side in ("true", "false")]
        numbers = [found[f"nodes_{side}nodeids"] for side in ("true", "false")]
        self.exist = np.array(
            [
                _within(number, np.where(leaf, len(found["leaf_weights"]), len(self.mode)))
                for leaf, number in zip(on_leaf, numbers, strict=True)
            ]
        )
        self.true, self.false = (
            np.where(leaf, ~number, number) for leaf, number in zip(on_leaf, numbers, strict=True)
        )

    def checks(self, width: int) -> Iterator[tuple[str, Any]]:
        """Yield what can be wrong, and whether it is right. Each check relies on those before it."""
        import numpy as np

        found, roots = self.found, self.found["tree_roots"]
        leaves, targets = found["leaf_targetids"], found.get("n_targets", np.zeros(()))
        yield "lists of leaves of different lengths", len(leaves) == len(found["leaf_weights"])
        yield "a target that does not exist", targets.ndim == 0 and _within(leaves, targets)
        yield "a feature that does not exist", _within(self.feature, width)
        yield "a mode that does not exist", self.member | (self.mode == LEQ)
        yield (
            "an empty set, or too few sets",
            len(self.sets) == self.member.sum() and all(map(len, self.sets)),
        )
        yield "a root or a child that does not exist", self.exist.all() and _within(roots, len(self.mode))
        children = np.concatenate([roots, self.true[self.true >= 0], self.false[self.false >= 0]])
        yield "a node with two parents", np.bincount(children) <= 1
        yield "too many levels", len(self.levels) <= _DEEPEST
        yield "sets that take too long to merge", self._comparisons() <= _MOST_COMPARISONS

    @cached_property
    def sets(self) -> list[Array]:
        """Return the set of each member node, in order. A NaN ends each set."""
        import numpy as np

        values = self.found.get("membership_values", np.zeros(0)).ravel()
        ends = np.flatnonzero(np.isnan(values))
        return [part[part == part] for part in np.split(values, ends + 1)[: len(ends)]]

    @cached_property
    def levels(self) -> list[Array]:
        """Return the nodes of each level of all trees, up to one level more than allowed."""
        import numpy as np

        levels = [self.found["tree_roots"]]
        while levels[-1].size and len(levels) <= _DEEPEST:
            children = np.concatenate([self.true[levels[-1]], self.false[levels[-1]]])
            levels.append(children[children >= 0])
        return levels

    def _comparisons(self) -> float:
        """Estimate how many nodes onnxruntime compares to merge bit masks, or a number above the limit.

        If the false branch of a mask leads to another mask of the same feature, the two are merged if their true
        branches are equal trees. Before 1.30, onnxruntime compares the subtree after a mask once for each of its
        members, so nested masks multiply the cost.
        """
        import numpy as np

        masks: Array = np.zeros(len(self.mode), dtype=np.int64)
        masks[self.member] = [len(one) * (one.min() >= 0 and one.max() <= _MASK) for one in self.sets]
        behind = np.where(self.false >= 0, self.false, 0)
        pairs = (masks > 0) & (self.false >= 0) & (masks[behind] > 0)
        pairs &= self.feature == self.feature[behind]
        pairs &= np.isin(np.arange(len(pairs)), np.concatenate(self.levels))
        if not pairs.any():
            return 0.0
        form, size = self._forms(masks)
        feature, mode = self.feature.tolist(), self.mode.tolist()
        true, false, members = self.true.tolist(), self.false.tolist(), masks.tolist()
        total = 0.0
        for node in np.flatnonzero(pairs).tolist():
            one, other = true[node], true[false[node]]
            while one >= 0 and other >= 0 and (feature[one], mode[one]) == (feature[other], mode[other]):
                total += 1
                if form[true[one]] == form[true[other]]:
                    total += max(members[one], 1) * size[true[one]]
                    one, other = false[one], false[other]
                else:
                    one, other = true[one], true[other]
                if total > _MOST_COMPARISONS:
                    return total
        return total

    def _forms(self, masks: Array) -> tuple[dict[int, int], dict[int, float]]:
        """Return, for each node and leaf, a number that equal trees share, and its size with a copy for each
        member.
        """
        import numpy as np

        found, forms = self.found, dict[Any, int]()
        leaves = zip(found["leaf_targetids"].tolist(), found["leaf_weights"].tolist(), strict=True)
        form = {~leaf: forms.setdefault(what, len(forms)) for leaf, what in enumerate(leaves)}
        size = dict.fromkeys(form, 1.0)
        number = np.cumsum(self.member) - 1
        for node in np.concatenate(self.levels[::-1]).tolist():
            asked = self.sets[number[node]].tobytes() if self.member[node] else found["nodes_splits"][node]
            true, false = int(self.true[node]), int(self.false[node])
            what = (int(self.feature[node]), asked, form[true], form[false])
            form[node] = forms.setdefault(what, len(forms))
            size[node] = max(int(masks[node]), 1) * (1.0 + size[true]) + size[false]
        return form, size


def _within(numbers: Array, count: Any) -> Array:
    within: Array = (numbers >= 0) & (numbers < count)
    return within
