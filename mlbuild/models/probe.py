"""Rows that ask a tree ensemble its questions: both sides of a split, codes inside and outside of a set, missing values.

That the file holds the right trees is proven node by node (`lowering/tree_proof.py`). These rows show that a runtime
reads such nodes as they are meant. They are made from the bounds along the path to a node, in the space of the
learner's own matrix.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mlbuild.lowering.trees import Trees
from mlbuild.models.learner import Probe

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

_MISSING_SHARE = 0.1
#: Rows times trees, each about a third of a microsecond: following a row down a tree here and in the runtime.
_MOST_WALKS = 2_000_000
#: Rows times columns of the matrix.
_MOST_CELLS = 2_000_000
#: Steps from nodes up to their roots.
_MOST_STEPS = 400_000
_FEWEST_ROWS = 64
#: Rows that one node can ask for.
_ROWS_OF_NODE = 4
#: What is known of a feature that no node has asked: `(low, high]`, and whether it can be missing.
_ANYTHING = (-math.inf, math.inf, True)


@dataclass(frozen=True)
class _Question:
    """What a row must be like to arrive at a node, by feature, and the values of the node's feature to ask there."""

    bounds: dict[int, tuple[float, float, bool]]
    codes: dict[int, Array]
    feature: int
    values: list[float]


class TreeProbe:
    """Makes the rows for `trees` over a matrix of `width` columns.

    Where there are more nodes than rows may ask, nodes at regular distances are asked.
    """

    def __init__(self, trees: Trees, width: int) -> None:
        import numpy as np

        self._trees, self._width = trees, width
        self._set_of = dict(zip(np.flatnonzero(trees.member).tolist(), trees.sets, strict=True))
        used = {feature: [0] for feature in trees.feature[trees.member].tolist()}
        for node, codes in self._set_of.items():
            used[int(trees.feature[node])] += codes.tolist()
        #: By categorical feature the codes asked for: 0 is a missing value, the last one occurs in no set.
        self._codes = {feature: max(codes) + 2 for feature, codes in used.items()}
        self._rng = np.random.default_rng(0)
        count = len(trees.feature)
        self._above = np.full(count, -1)
        for side in (trees.left, trees.right):
            inner = np.flatnonzero(side >= 0)
            self._above[side[inner]] = inner

    def probe(self) -> Probe:
        """The rows, the same for the same trees, and how many of the nodes they ask."""

        trees, count = self._trees, len(self._trees.feature)
        most = min(_MOST_WALKS // len(trees.roots), _MOST_CELLS // max(self._width, 1))
        rows_left, steps_left = max(most, _FEWEST_ROWS), _MOST_STEPS
        questions: list[_Question] = []
        for node in self._spread(count, max(1, rows_left // _ROWS_OF_NODE)):
            path = self._path(node)
            steps_left -= len(path)
            if steps_left < 0:
                break
            if question := self._question(node, path):
                questions.append(question)
        return Probe(self._rows(questions), len(questions), count)

    def _rows(self, questions: list[_Question]) -> Array:
        """The rows of all questions, after some that ask by chance."""
        import numpy as np

        rows = self._random(_FEWEST_ROWS + sum(len(question.values) for question in questions))
        at = _FEWEST_ROWS
        for question in questions:
            for row, value in enumerate(question.values, at):
                for feature, (low, high, _) in question.bounds.items():
                    rows[row, feature] = _between(low, high)
                for feature, allowed in question.codes.items():
                    rows[row, feature] = float(self._rng.choice(np.flatnonzero(allowed))) or np.nan
                rows[row, question.feature] = value
            at += len(question.values)
        return rows

    def _spread(self, count: int, wanted: int) -> list[int]:
        """Numbers of nodes: all of them, or as many as wanted at regular distances, in an order that spreads them."""
        import numpy as np

        nodes = np.unique(np.linspace(0, max(count - 1, 0), min(wanted, count)).round().astype(np.int64))
        return [int(node) for node in self._rng.permutation(nodes)]

    def _path(self, node: int) -> list[int]:
        """The nodes from the root down to a node, itself the last."""
        path = [node]
        while (above := int(self._above[path[-1]])) >= 0:
            path.append(above)
        return path[::-1]

    def _question(self, node: int, path: list[int]) -> _Question | None:
        """What rows have to be like to arrive at a node, and the values to ask there; None where none can arrive."""
        import numpy as np

        bounds: dict[int, tuple[float, float, bool]] = {}
        codes: dict[int, Array] = {}
        trees = self._trees
        for above, below in itertools.pairwise(path):
            feature, left = int(trees.feature[above]), int(trees.left[above]) == below
            if above in self._set_of:
                inside = self._inside(above)
                codes[feature] = codes.get(feature, True) & (inside if left else ~inside)
                if not codes[feature].any():
                    return None
                continue
            low, high, missing = bounds.get(feature, _ANYTHING)
            threshold = float(trees.threshold[above])
            low, high = (low, min(high, threshold)) if left else (max(low, threshold), high)
            missing = missing and bool(trees.missing_left[above]) == left
            if low >= high and not missing:
                return None
            bounds[feature] = (low, high, missing)
        feature = int(trees.feature[node])
        if node in self._set_of:
            return _Question(bounds, codes, feature, self._values_of_set(node, codes.get(feature)))
        low, high, missing = bounds.get(feature, _ANYTHING)
        threshold = float(trees.threshold[node])
        both = (threshold, float(np.nextafter(threshold, np.inf)))
        values = [value for value in both if low < value <= high] + [np.nan] * missing
        return _Question(bounds, codes, feature, values)

    def _inside(self, node: int) -> Array:
        """Which codes go left at a node with a set; a missing value never does."""
        import numpy as np

        inside = np.zeros(self._codes[int(self._trees.feature[node])], dtype=bool)
        inside[self._set_of[node]] = True
        return inside

    def _values_of_set(self, node: int, allowed: Array | None) -> list[float]:
        """A code inside the set, one outside, the code that no set knows, a missing value; of those that arrive."""
        import numpy as np

        inside = self._inside(node)
        arrives = np.ones(len(inside), dtype=bool) if allowed is None else allowed
        values = [0, len(inside) - 1]
        for side in (inside & arrives, ~inside & arrives):
            codes = 1 + np.flatnonzero(side[1:-1])
            values += [int(self._rng.choice(codes))] if len(codes) else []
        return [float(code) or np.nan for code in dict.fromkeys(values) if arrives[code]]

    def _random(self, count: int) -> Array:
        """Rows whose values are at thresholds, or are any code, or missing."""
        import numpy as np

        rows = np.zeros((count, self._width))
        for feature, values in self._edges.items():
            rows[:, feature] = self._rng.choice(values, count)
        for feature, codes in self._codes.items():
            drawn = self._rng.integers(0, codes, count).astype(np.float64)
            rows[:, feature] = np.where(drawn == 0, np.nan, drawn)
        rows[self._rng.random(rows.shape) < _MISSING_SHARE] = np.nan
        return rows

    @cached_property
    def _edges(self) -> dict[int, Array]:
        """The thresholds of each numeric feature, each with the next value above."""
        import numpy as np

        numeric = ~self._trees.member
        order = np.argsort(self._trees.feature[numeric], kind="stable")
        features = self._trees.feature[numeric][order]
        thresholds = self._trees.threshold[numeric][order]
        found, starts = np.unique(features, return_index=True)
        parts = np.split(thresholds, starts[1:])
        return {
            int(feature): np.concatenate([part, np.nextafter(part, np.inf)])
            for feature, part in zip(found, parts, strict=bool(len(found)))
        }


def _between(low: float, high: float) -> float:
    """A value of `(low, high]`, at its edge: where another split of the path has its threshold.

    Where the interval is empty, only a missing value arrives.
    """
    import numpy as np

    if low >= high:
        return float("nan")
    if np.isfinite(high):
        return high
    return float(np.nextafter(low, np.inf)) if np.isfinite(low) else 0.0
