"""Reads LightGBM's model text: the objective and the arrays of its trees."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mlbuild.frozen import frozen

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

#: How a feature treats missing values, as encoded in `decision_type`.
MISSING_NONE, MISSING_ZERO, MISSING_NAN = 0, 1, 2


@frozen
class ModelText:
    """A model as LightGBM saves it.

    The format is defined in https://github.com/lightgbm-org/LightGBM/blob/main/src/io/tree.cpp. Each array holds
    the values of all trees, concatenated. Children are numbered within their tree; a negative number is the
    complement of a leaf. `sets` contains the categories that go left, for each categorical node in order.
    """

    header: dict[str, str]
    leaves: Array
    feature: Array
    threshold: Array
    decision: Array
    left: Array
    right: Array
    leaf_value: Array
    boundaries: Array
    words: Array

    @staticmethod
    def parse(text: str) -> ModelText:
        import numpy as np

        head, *trees = text.split("\nTree=")
        values = defaultdict(list)
        for line in "\n".join(trees).split("\n"):
            key, _, value = line.partition("=")
            values[key].append(value)

        def array(key: str, kind: type) -> Array:
            return np.array(list(map(kind, " ".join(values[key]).split())), dtype=kind)

        return ModelText(
            header=_header(head.split("\n")),
            leaves=array("num_leaves", int),
            feature=array("split_feature", int),
            threshold=array("threshold", float),
            decision=array("decision_type", int),
            left=array("left_child", int),
            right=array("right_child", int),
            leaf_value=array("leaf_value", float),
            boundaries=array("cat_boundaries", int),
            words=array("cat_threshold", int).astype(np.uint32),
        )

    @property
    def trees(self) -> int:
        return len(self.leaves)

    @property
    def per_iteration(self) -> int:
        """The number of trees per round: one per class, or one."""
        return int(self.header["num_tree_per_iteration"])

    @property
    def iterations(self) -> int:
        return self.trees // self.per_iteration

    @property
    def features(self) -> int:
        return int(self.header["max_feature_idx"]) + 1

    @property
    def averaged(self) -> bool:
        """Whether the result is the mean over the rounds instead of the sum, as for a random forest."""
        return "average_output" in self.header

    @property
    def objective(self) -> tuple[str, dict[str, str]]:
        """The objective with its options, such as `binary sigmoid:1` or `regression sqrt`."""
        name, *words = self.header["objective"].split()
        return name, {key: value for key, _, value in (word.partition(":") for word in words)}

    @property
    def categorical(self) -> Array:
        return (self.decision & 1).astype(bool)

    @property
    def default_left(self) -> Array:
        return (self.decision & 2).astype(bool)

    @property
    def missing(self) -> Array:
        """How each node treats missing values."""
        return (self.decision >> 2) & 3

    @cached_property
    def sets(self) -> Sequence[Array]:
        """The categories of each categorical node, unpacked from 32-bit words."""
        import numpy as np

        # In each tree, the boundaries start at 0 and count words. A set consists of the words between two
        # boundaries.
        widths = np.diff(self.boundaries)
        widths = widths[widths > 0]
        first = np.cumsum(widths) - widths
        bits = np.unpackbits(self.words.view(np.uint8), bitorder="little").reshape(-1, 32)
        word, bit = np.nonzero(bits)
        owner = np.repeat(np.arange(len(widths)), widths)[word]
        category = (word - first[owner]) * 32 + bit
        # Nothing is left after the last set. If there are no sets, this is all there is.
        *sets, _ = np.split(category, np.cumsum(np.bincount(owner, minlength=len(widths))))
        return sets


def _header(lines: Iterable[str]) -> dict[str, str]:
    return {key: value for key, _, value in (line.partition("=") for line in lines)}
