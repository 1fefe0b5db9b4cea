"""Compares two builds: what they were made from, how good their models are, and how their predictions differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from mlbuild.engine.store.store import DiskStore
from mlbuild.evaluation.differences import Difference
from mlbuild.frozen import frozen
from mlbuild.pipeline.tasks import artifact
from mlbuild.tracking.builds import SPLITS, Build
from mlbuild.tracking.changes import Change, changes
from mlbuild.tracking.importance import ImportanceChanges, importance_changes
from mlbuild.tracking.pairs import Pair, metric_order, pair_of
from mlbuild.tracking.results import result_of
from mlbuild.tracking.tables import TableChanges, table_changes

#: The most rows whose predictions moved most that are named.
_NAMED = 10
_DIGITS = 6


@frozen
class MetricChange:
    """A metric on a split in both builds. Whether a difference is an improvement is None if the metric has no best value."""

    metric: str
    old: float | None
    new: float | None
    difference: Difference | None
    better: bool | None


@frozen
class Flips:
    """How many labels differ, and how many of them were right before or are right now."""

    labels: int
    to_wrong: int
    to_right: int


@frozen(eq=False)
class Moves:
    """How the predictions of the same rows differ: labels, and the largest change of a score in each row.

    `largest` are the rows whose scores changed most: number of the row in its split, change, and whether it was and is right.
    """

    flips: Flips | None
    mean: float
    p99: float
    largest: Sequence[tuple[int, float, bool | None, bool | None]]


@frozen(eq=False)
class ModelChanges:
    """What differs between two builds of a model on the rows that it has not seen.

    `rows` and `clusters` are those of the new build; `same_rows` says whether both predicted the same ones.
    """

    model: str
    split: str
    rows: int | None
    clusters: int | None
    same_rows: bool
    metrics: Sequence[MetricChange]
    moves: Moves | None


@frozen(eq=False)
class Comparison:
    """What differs between two builds. `sizes` are those of the artifacts in bytes, by output; None if it has none."""

    old: Build
    new: Build
    changes: Sequence[Change]
    tables: Sequence[TableChanges]
    models: Sequence[ModelChanges]
    importances: Sequence[ImportanceChanges]
    sizes: dict[str, tuple[int | None, int | None]]


def compare(
    store: DiskStore, old: Build, new: Build, model: str | None = None, *, rows: bool = False
) -> Comparison:
    """Compare two builds: all models that both evaluated but trials, or one. With `rows`, changed tables are compared row by row."""
    found = changes(old, new)
    names = [one.where for one in found if one.what == "data"]
    read = [name for name in new.record["sources"] if name in old.record["sources"]]
    wanted = names if names else [name for name in read if _reads_otherwise(found, name)]
    tables = [table_changes(store, old, new, name, rows=rows) for name in wanted]
    models = [
        name
        for name in (new.models if model is None else [model])
        if name in old.metrics and name in new.metrics
    ]
    return Comparison(
        old,
        new,
        found,
        [table for table in tables if table],
        [one for name in models for one in _model(store, old, new, name)],
        [*importance_changes(store, old, new, model)],
        _sizes(store, old, new),
    )


def _reads_otherwise(found: Sequence[Change], name: str) -> bool:
    """Whether a source is read in another way, or by another contract."""
    return any(one.where.startswith((f"sources.{name}.", "contracts.")) for one in found)


def _model(store: DiskStore, old: Build, new: Build, model: str) -> Iterator[ModelChanges]:
    both = [build.metrics[model] for build in (old, new)]
    split = next((one for one in SPLITS if all(one in splits for splits in both)), None)
    if split is None:
        return
    before, after = (splits[split] for splits in both)
    pair = pair_of(store, old, new, model, split)
    names = [name for name in metric_order(new, model) if name in before and name in after]
    rows = after.get("rows")
    yield ModelChanges(
        model,
        split,
        None if rows is None else int(rows),
        new.clusters(model, split),
        pair is not None,
        [changed_metric(name, before[name], after[name], pair) for name in names],
        moves_of(pair) if pair else None,
    )


def changed_metric(name: str, old: float | None, new: float | None, pair: Pair | None) -> MetricChange:
    """Return how a metric differs. Without the predictions of both, there is no interval."""
    apart = pair.difference(name) if pair else None
    if apart is None and old is not None and new is not None:
        apart = Difference(new - old)
    metric = pair.metrics.get(name) if pair else None
    better = None
    if metric and old is not None and new is not None and metric.best is not None and old != new:
        better = metric.better(new, old)
    return MetricChange(name, old, new, apart, better)


def moves_of(pair: Pair) -> Moves:
    """Return how the predictions of the same rows differ."""
    import numpy as np

    apart = np.abs(pair.other - pair.one).reshape(len(pair.target), -1).max(axis=1, initial=0.0)
    predicted, flips = pair.predicted(), None
    right: list[Any] = [None, None]
    if predicted is not None:
        was, now = (labels == pair.target for labels in predicted)
        right = [was, now]
        flips = Flips(
            int((predicted[0] != predicted[1]).sum()), int((was & ~now).sum()), int((~was & now).sum())
        )
    order = np.argsort(-apart, kind="stable")[:_NAMED]
    largest = [
        (int(row), _rounded(apart[row]), _at(right[0], row), _at(right[1], row))
        for row in order
        if apart[row]
    ]
    mean, p99 = (float(apart.mean()), float(np.quantile(apart, 0.99))) if len(apart) else (0.0, 0.0)
    return Moves(flips, _rounded(mean), _rounded(p99), largest)


def _at(right: Any, row: int) -> bool | None:
    return None if right is None else bool(right[row])


def _sizes(store: DiskStore, old: Build, new: Build) -> dict[str, tuple[int | None, int | None]]:
    """Return the sizes of the models that both builds made, also of those that a trial did not publish."""
    found = {}
    for name in new.values.get("outputs", {}):
        made = [result_of(store, build, f"artifact:{name}") for build in (old, new)]
        sizes = [action.parts[artifact.MODEL].size if action else None for action in made]
        found[str(name)] = (sizes[0], sizes[1])
    return found


def _rounded(value: Any) -> float:
    return float(f"{float(value):.{_DIGITS}g}")
