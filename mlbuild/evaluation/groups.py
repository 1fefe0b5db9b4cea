"""The groups of rows that metrics order: their columns, and the number of the group of each row."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from mlbuild.data.splits.clusters import Cluster
from mlbuild.models.metrics.metric import Groups, Metric

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    Array = np.ndarray[Any, Any]


def groupings(metrics: Iterable[Metric]) -> list[tuple[str, ...]]:
    """Return the columns whose equal values make the groups of each metric that needs some."""
    return [*dict.fromkeys(metric.grouping for metric in metrics if metric.grouping)]


def group_columns(metrics: Iterable[Metric]) -> list[str]:
    """Return the columns of all groupings."""
    return sorted({name for columns in groupings(metrics) for name in columns})


def groups_of(groupings: Iterable[tuple[str, ...]], rows: pl.DataFrame) -> Groups:
    """Return the groups of rows that have the columns of all groupings."""
    return {columns: Cluster(column=columns).numbers(rows) for columns in groupings}


def spread(count: int, rows: int, groups: Array | None = None) -> Array:
    """Return the places of so many rows of all, spread evenly. Of groups, int64 [count], they are about as many rows, and all
    rows of those groups.
    """
    import numpy as np

    if groups is None:
        return np.linspace(0, count - 1, rows).round().astype(np.int64)
    every = int(groups.max(initial=-1)) + 1
    chosen = np.linspace(0, every - 1, max(every * rows // max(count, 1), 1)).round()
    return np.flatnonzero(np.isin(groups, chosen))


def repeated(groups: Groups, times: int) -> Groups:
    """Return the groups of rows that are repeated as a whole: each time, they are others."""
    import numpy as np

    return {
        columns: np.concatenate([numbers + turn * (numbers.max(initial=-1) + 1) for turn in range(times)])
        for columns, numbers in groups.items()
    }


def of_some(groups: Groups, rows: Array) -> Groups:
    """Return the groups of some of the rows, bool [N] or their places."""
    return {columns: numbers[rows] for columns, numbers in groups.items()}
