"""Time zones as step functions: the offset from UTC that applies after each transition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mlbuild.diagnostics import data_failure
from mlbuild.frozen import frozen
from mlbuild.lowering.graph import Graph, Tensor
from mlbuild.lowering.operators import ML

if TYPE_CHECKING:
    import numpy as np

    Ints = np.ndarray[Any, np.dtype[np.int64]]

#: Transitions are searched from 1800 to 2099. Outside this range, the nearest offset applies.
FIRST_DAY, LAST_DAY = -62_091, 47_482


@frozen
class Offsets:
    """Seconds to add to UTC: `offsets[0]` before `transitions[0]`, `offsets[i + 1]` from `transitions[i]` on.

    Transitions are in seconds since 1970.
    """

    transitions: Sequence[int]
    offsets: Sequence[int]

    def apply(self, seconds: Ints) -> Ints:
        """Return the offset at each time, in seconds."""
        import numpy as np

        places = np.searchsorted(np.array(self.transitions, dtype="int64"), seconds, side="right")
        return np.array(self.offsets, dtype="int64")[places]

    def lower(self, graph: Graph, seconds: Tensor, shift: int) -> Tensor:
        """Do the same in the graph, as one search tree over int64 seconds since 1970 plus `shift`."""
        if not self.transitions:
            return graph.constant([[self.offsets[0]]], "int64")
        tree = _search_tree([time - 1 + shift for time in self.transitions], self.offsets)
        exact = graph.call("Cast", seconds, element="double", to=11)
        found = graph.call("TreeEnsemble", exact, element="double", domain=ML, **tree)
        return graph.call("Cast", found, element="int64", to=7)


def fit_offsets(zone: str) -> Offsets:
    """Find the transitions of a zone: ask polars for the offset on each day, then for the second of each change.

    Raises:
        Failed: polars does not know the zone.
    """
    import numpy as np
    import polars as pl

    days = np.arange(FIRST_DAY, LAST_DAY, dtype="int64") * 86_400
    try:
        offsets = _offsets(days, zone)
    except pl.exceptions.ComputeError:
        message = f"polars does not know the time zone '{zone}'"
        raise data_failure(message, time_zone=zone) from None
    changes = np.flatnonzero(offsets[1:] != offsets[:-1])
    before, after, old = days[changes], days[changes + 1], offsets[changes]
    while (after - before).max(initial=0) > 1:
        middle = (before + after) // 2
        unchanged = _offsets(middle, zone) == old
        before, after = np.where(unchanged, middle, before), np.where(unchanged, after, middle)
    return Offsets(after.tolist(), [int(offsets[0]), *offsets[changes + 1].tolist()])


def _offsets(seconds: Ints, zone: str) -> Ints:
    """Local time of `zone` minus UTC, in seconds."""
    import polars as pl

    utc = pl.Series(seconds * 1_000_000).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    clock = utc.dt.convert_time_zone(zone).dt.replace_time_zone(None)
    return clock.cast(pl.Int64).to_numpy() // 1_000_000 - seconds


def _search_tree(splits: Sequence[int], leaves: Sequence[int]) -> Mapping[str, Any]:
    """Return the attributes of a `TreeEnsemble` that gives `leaves[i]` if i of the sorted `splits` are below the
    input.

    Nodes are in depth-first order. Each node halves the remaining leaves.
    """
    import numpy as np

    nodes: list[int] = []
    branches: dict[bool, list[tuple[int, bool]]] = {True: [], False: []}

    def add(first: int, last: int) -> tuple[int, bool]:
        """Add a tree over the leaves from `first` to `last`. Return its index, and whether it is a leaf."""
        if first == last:
            return first, True
        index, middle = len(nodes), (first + last) // 2
        nodes.append(middle)
        for branch in branches.values():
            branch.append((0, False))
        branches[True][index] = add(first, middle)
        branches[False][index] = add(middle + 1, last)
        return index, False

    add(0, len(leaves) - 1)
    return {
        "n_targets": 1,
        "aggregate_function": 1,
        "post_transform": 0,
        "tree_roots": [0],
        "nodes_featureids": [0] * len(nodes),
        "nodes_modes": np.zeros(len(nodes), dtype="uint8"),
        "nodes_splits": np.array([splits[node] for node in nodes], dtype="float64"),
        "nodes_missing_value_tracks_true": [0] * len(nodes),
        "nodes_truenodeids": [index for index, _ in branches[True]],
        "nodes_trueleafs": [int(leaf) for _, leaf in branches[True]],
        "nodes_falsenodeids": [index for index, _ in branches[False]],
        "nodes_falseleafs": [int(leaf) for _, leaf in branches[False]],
        "leaf_targetids": [0] * len(leaves),
        "leaf_weights": np.array(leaves, dtype="float64"),
    }
