"""Rows that put every question of a tree ensemble: both sides of each split, each code of each set, missing values.

They are made from the bounds along each path, in the space of the learner's own matrix, so that every leaf is
reached that any row can reach. One row asks one split its question on purpose and many others by chance; what
chance has answered is not asked again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlbuild.lowering.trees import Trees
from mlbuild.models.learner import Probe

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

_MISSING_SHARE = 0.1
#: Some ten seconds of following rows down trees: what 500 trees of 255 leaves take.
_MOST_WALKS = 150_000_000


@dataclass(frozen=True)
class _Region:
    """What a row must be like to arrive at a node: bounds `(low, high]` and NaN by feature, or codes allowed."""

    bounds: dict[int, tuple[float, float, bool]]
    codes: dict[int, Array]


class TreeProbe:
    """Makes the rows for `trees` over a matrix of `width` columns.

    `leaves_of` gives, natively, for one tree after another the leaf [N] (numbered within the tree) that each row
    reaches. As every row goes down every tree, more than `most_walks` of rows times trees are not made: of larger
    ensembles splits are asked at regular distances.
    """

    def __init__(
        self,
        trees: Trees,
        width: int,
        leaves_of: Callable[[Array], Iterable[Array]],
        most_walks: int = _MOST_WALKS,
    ) -> None:
        import numpy as np

        self._trees, self._width, self._leaves_of = trees, width, leaves_of
        self._most_walks = max(most_walks, 1_000 * len(trees.roots))
        self._set_of = dict(zip(np.flatnonzero(trees.member).tolist(), trees.sets, strict=True))
        used = {feature: [0] for feature in trees.feature[trees.member].tolist()}
        for node, codes in self._set_of.items():
            used[int(trees.feature[node])] += codes.tolist()
        #: By categorical feature the codes asked for: 0 is a missing value, the last one occurs in no set.
        self._codes = {feature: max(codes) + 2 for feature, codes in used.items()}
        self._rng = np.random.default_rng(0)

    def probe(self) -> Probe:
        """The rows, the same for the same trees, and how many of the splits that a row can reach they ask."""
        import numpy as np

        every = -(-2 * len(self._trees.feature) * len(self._trees.roots) // self._most_walks) or 1
        most_rows = self._most_walks // len(self._trees.roots)
        reachable = enumerate(self._regions())
        regions = {node: region for number, (node, region) in reachable if number % every == 0}
        wanted = [
            (node, value) for node in regions if node not in self._set_of for value in self._sides(node)
        ]
        rows = self._filled(regions, wanted)
        rest = [
            (node, value)
            for node, answered in self._answered(rows, regions)
            for value in self._unanswered(node, answered, regions[node])
        ]
        left_out = {node for node, _ in rest[most_rows:]}
        rows = np.concatenate([rows, self._filled(regions, rest[:most_rows])])
        return Probe(rows, len(regions) - len(left_out), self._reached)

    def _regions(self) -> Iterator[tuple[int, _Region]]:
        """Each node that can be reached, with the rows that reach it."""
        self._reached = 0
        stack = [(int(root), _Region({}, {})) for root in reversed(self._trees.roots) if root >= 0]
        while stack:
            node, region = stack.pop()
            self._reached += 1
            yield node, region
            for child, left in ((int(self._trees.right[node]), False), (int(self._trees.left[node]), True)):
                if child >= 0 and (narrowed := self._narrowed(region, node, left)):
                    stack.append((child, narrowed))

    def _narrowed(self, region: _Region, node: int, left: bool) -> _Region | None:
        """The part of a region that goes to one side of a node; None where that is empty."""
        import numpy as np

        feature = int(self._trees.feature[node])
        if node in self._set_of:
            inside = np.zeros(self._codes[feature], dtype=bool)
            inside[self._set_of[node]] = True
            allowed = region.codes.get(feature, np.ones(len(inside), dtype=bool)) & (
                inside if left else ~inside
            )
            return _Region(region.bounds, {**region.codes, feature: allowed}) if allowed.any() else None
        low, high, missing = region.bounds.get(feature, (-np.inf, np.inf, True))
        threshold = float(self._trees.threshold[node])
        low, high = (low, min(high, threshold)) if left else (max(low, threshold), high)
        missing = missing and bool(self._trees.missing_left[node]) == left
        if low >= high and not missing:
            return None
        return _Region({**region.bounds, feature: (low, high, missing)}, region.codes)

    def _sides(self, node: int) -> tuple[float, float]:
        """The last value that goes left and the first that goes right."""
        import numpy as np

        threshold = float(self._trees.threshold[node])
        return threshold, float(np.nextafter(threshold, np.inf))

    def _answered(self, rows: Array, regions: dict[int, _Region]) -> Iterator[tuple[int, Array]]:
        """For each node the values that some row brought there: a code each for a set, else whether one was NaN."""
        import numpy as np

        first, last = self._leaf_ranges()
        none = np.zeros(0, dtype=np.int64)
        leaves = self._leaves_of(rows) if len(rows) else (none for _ in self._trees.roots)
        for root, first_leaf, reached in zip(
            self._trees.roots.tolist(), self._first_leaf, leaves, strict=True
        ):
            rank = self._rank[first_leaf + reached]
            # In the order of their leaves, the rows that pass a node stand side by side.
            order = np.argsort(rank, kind="stable")
            rank = rank[order]
            for node in self._below(root):
                if node in regions:
                    start, end = np.searchsorted(rank, (first[node], last[node]))
                    here = rows[order[start:end], self._trees.feature[node]]
                    missing = np.isnan(here)
                    if node not in self._set_of:
                        yield node, np.array([bool(missing.any())])
                        continue
                    answered = np.zeros(self._codes[int(self._trees.feature[node])], dtype=bool)
                    answered[np.where(missing, 0, here).astype(int)] = True
                    yield node, answered

    def _unanswered(self, node: int, answered: Array, region: _Region) -> list[float]:
        """The values still to be brought to a node, of those that can arrive there."""
        import numpy as np

        feature = int(self._trees.feature[node])
        if node in self._set_of:
            allowed = region.codes.get(feature, np.ones(len(answered), dtype=bool))
            return [float(code) or np.nan for code in np.flatnonzero(allowed & ~answered)]
        arrives = region.bounds.get(feature, (0.0, 0.0, True))[2]
        return [np.nan] if arrives and not answered[0] else []

    def _filled(self, regions: dict[int, _Region], wanted: list[tuple[int, float]]) -> Array:
        """A row for each value wanted at a node: the path's bounds, the value itself, chance for all else."""
        rows = self._random(len(wanted))
        for row, (node, value) in enumerate(wanted):
            region = regions[node]
            for feature, (low, high, _) in region.bounds.items():
                rows[row, feature] = _inside(low, high)
            for feature, allowed in region.codes.items():
                code = allowed.nonzero()[0]
                rows[row, feature] = float(self._rng.choice(code)) or float("nan")
            rows[row, self._trees.feature[node]] = value
        return rows

    def _random(self, count: int) -> Array:
        """Rows whose values stand at thresholds, or are any code, or missing."""
        import numpy as np

        rows = np.zeros((count, self._width))
        for feature in range(self._width):
            if feature in self._codes:
                codes = self._rng.integers(0, self._codes[feature], count).astype(np.float64)
                rows[:, feature] = np.where(codes == 0, np.nan, codes)
                continue
            thresholds = np.unique(self._trees.threshold[self._trees.feature == feature])
            if len(thresholds):
                values = np.concatenate([thresholds, np.nextafter(thresholds, np.inf)])
                rows[:, feature] = self._rng.choice(values, count)
            rows[self._rng.random(count) < _MISSING_SHARE, feature] = np.nan
        return rows

    def _below(self, root: int) -> Iterator[int]:
        stack = [root]
        while stack:
            node = stack.pop()
            if node >= 0:
                yield node
                stack += [int(self._trees.right[node]), int(self._trees.left[node])]

    def _leaf_ranges(self) -> tuple[dict[int, int], dict[int, int]]:
        """Leaves ranked from left to right: those below a node are the ranks from its first to before its last."""
        import numpy as np

        self._rank = np.zeros(len(self._trees.leaf_value), dtype=np.int64)
        first: dict[int, int] = {}
        last: dict[int, int] = {}
        self._first_leaf = []
        rank = 0
        for root in self._trees.roots.tolist():
            numbers = []
            stack: list[tuple[int, bool]] = [(root, False)]
            while stack:
                node, done = stack.pop()
                if node < 0:
                    self._rank[~node] = rank
                    rank += 1
                    numbers.append(~node)
                elif done:
                    last[node] = rank
                else:
                    first[node] = rank
                    stack += [
                        (node, True),
                        (int(self._trees.right[node]), False),
                        (int(self._trees.left[node]), False),
                    ]
            self._first_leaf.append(min(numbers))
        return first, last


def _inside(low: float, high: float) -> float:
    """A value of `(low, high]`, at its edge: where another split of the path has its threshold.

    Where the interval is empty, only a missing value arrives.
    """
    import numpy as np

    if low >= high:
        return float("nan")
    if np.isfinite(high):
        return high
    return float(np.nextafter(low, np.inf)) if np.isfinite(low) else 0.0
