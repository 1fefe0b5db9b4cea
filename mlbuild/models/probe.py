"""Rows that test a tree ensemble: both sides of each split, codes inside and outside each set, and missing
values.

`lowering/tree_proof.py` proves node by node that the file contains the right trees. These rows show that a runtime
evaluates such nodes correctly. They are made from the bounds along the path to a node, in the learner's own matrix.
"""

from __future__ import annotations

import itertools
import math
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mlbuild.frozen import frozen
from mlbuild.lowering.trees import Trees
from mlbuild.models.learner import Probe

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

_MISSING_SHARE = 0.1
#: Rows times trees. Each takes about a third of a microsecond to evaluate, here and in the runtime.
_MOST_WALKS = 2_000_000
#: Rows times columns of the matrix.
_MOST_CELLS = 2_000_000
#: Steps from nodes up to their roots.
_MOST_STEPS = 400_000
_FEWEST_ROWS = 64
#: Rows for each node.
_ROWS_OF_NODE = 4
#: The range `(low, high]` of a feature that no node has tested, and whether it can be missing.
_ANYTHING = (-math.inf, math.inf, True)


@frozen
class _Question:
    """The conditions on the features of a row that reaches a node, and the values of the node's feature to test
    there.
    """

    bounds: dict[int, tuple[float, float, bool]]
    codes: dict[int, Array]
    feature: int
    values: list[float]


class TreeProbe:
    """Makes the rows for `trees` over a matrix with `width` columns.

    If there are more nodes than rows can test, nodes at regular intervals are tested.
    """

    def __init__(self, trees: Trees, width: int) -> None:
        import numpy as np

        self._trees, self._width = trees, width
        self._set_of = dict(zip(np.flatnonzero(trees.member).tolist(), trees.sets, strict=True))
        used = {feature: [0] for feature in trees.feature[trees.member].tolist()}
        for node, codes in self._set_of.items():
            used[int(trees.feature[node])] += codes.tolist()
        #: For each categorical feature, the number of codes to test: 0 is a missing value, the last code is in no
        #: set.
        self._codes = {feature: max(codes) + 2 for feature, codes in used.items()}
        self._rng = np.random.default_rng(0)
        count = len(trees.feature)
        self._above = np.full(count, -1)
        for side in (trees.left, trees.right):
            inner = np.flatnonzero(side >= 0)
            self._above[side[inner]] = inner

    def probe(self) -> Probe:
        """Return the rows, which are the same for the same trees, and how many of the nodes they test."""

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
        """Return the rows of all questions, after some random rows."""
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
        """Choose nodes: all of them, or `wanted` of them at regular intervals, in an order that spreads them."""
        import numpy as np

        nodes = np.unique(np.linspace(0, max(count - 1, 0), min(wanted, count)).round().astype(np.int64))
        return [int(node) for node in self._rng.permutation(nodes)]

    def _path(self, node: int) -> list[int]:
        """Return the nodes from the root to a node, inclusive."""
        path = [node]
        while (above := int(self._above[path[-1]])) >= 0:
            path.append(above)
        return path[::-1]

    def _question(self, node: int, path: list[int]) -> _Question | None:
        """Return what a row must satisfy to reach a node, and the values to test there.

        None if no row can reach it.
        """
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
        """Return which codes go left at a node with a set. A missing value never does."""
        import numpy as np

        inside = np.zeros(self._codes[int(self._trees.feature[node])], dtype=bool)
        inside[self._set_of[node]] = True
        return inside

    def _values_of_set(self, node: int, allowed: Array | None) -> list[float]:
        """Return a code inside the set, one outside, a code that is in no set, and a missing value, if they can
        reach the node.
        """
        import numpy as np

        inside = self._inside(node)
        arrives = np.ones(len(inside), dtype=bool) if allowed is None else allowed
        values = [0, len(inside) - 1]
        for side in (inside & arrives, ~inside & arrives):
            codes = 1 + np.flatnonzero(side[1:-1])
            values += [int(self._rng.choice(codes))] if len(codes) else []
        return [float(code) or np.nan for code in dict.fromkeys(values) if arrives[code]]

    def _random(self, count: int) -> Array:
        """Return rows with random values: thresholds, any code, or missing."""
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
        """Return the thresholds of each numeric feature, each with the next larger value."""
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
    """Return a value in `(low, high]` at its edge, where another split of the path has its threshold.

    If the interval is empty, only a missing value can reach the node.
    """
    import numpy as np

    if low >= high:
        return float("nan")
    if np.isfinite(high):
        return high
    return float(np.nextafter(low, np.inf)) if np.isfinite(low) else 0.0
