"""Compares the predictions of two builds on the same rows, as far as they are still in the store."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import field
from typing import TYPE_CHECKING, Any

from mlbuild.data.splits.clusters import Cluster
from mlbuild.diagnostics import Failed, Rejected
from mlbuild.engine.decide.records import Action
from mlbuild.engine.store.store import DiskStore
from mlbuild.evaluation.differences import Difference, difference
from mlbuild.evaluation.rows import Rows
from mlbuild.frozen import frozen
from mlbuild.models.answers.answer import Coding
from mlbuild.models.answers.classification import decide
from mlbuild.models.metrics.listed import METRIC_LIST
from mlbuild.models.metrics.metric import Groups, Metric
from mlbuild.params import read
from mlbuild.pipeline.parts import stored_table
from mlbuild.pipeline.tasks import evaluate
from mlbuild.tracking.builds import Build, at
from mlbuild.tracking.results import json_of, result_of, stored_array

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


@frozen(eq=False)
class Pair:
    """The rows of a split that two builds predicted: the coded target, the scores of both, the clusters, and the groups that
    metrics order.

    `thresholds` are the lowest scores at which they predict the second class, or None. `metrics` are those of the model,
    by their labels, without thresholds.
    """

    target: Array
    coding: Coding
    one: Array
    other: Array
    clusters: Array | None
    metrics: Mapping[str, Metric]
    thresholds: tuple[float | None, float | None] = (None, None)
    groups: Groups = field(default_factory=dict)

    @property
    def cluster_count(self) -> int:
        return len(self.target) if self.clusters is None else int(self.clusters.max(initial=-1)) + 1

    def difference(self, metric: str) -> Difference | None:
        """Return by how much a metric differs; None if that is unknown."""
        found = self.metrics.get(metric)
        if found is None or (found.grouping and found.grouping not in self.groups):
            return None
        first, second = (found.deciding(threshold) for threshold in self.thresholds)
        rows = Rows(self.target, self.one, len(self.coding.classes), self.clusters, self.groups).seen_by(
            first
        )
        return difference(first, rows.target, self.one, self.other, rows.classes, rows.clusters, second)

    def predicted(self) -> tuple[Array, Array] | None:
        """Return the codes of the classes that both builds predict; None for a target without classes."""
        if self.one.ndim != 2 or not self.coding.classes or self.one.shape[1] != len(self.coding.classes):
            return None
        both = zip((self.one, self.other), self.thresholds, strict=True)
        first, second = (decide(scores, threshold) for scores, threshold in both)
        return first, second


def pair_of(store: DiskStore, old: Build, new: Build, model: str, split: str) -> Pair | None:
    """Return the predictions of both builds for a split.

    None if one of them is no longer in the store, or if the rows are not the same: they are if targets and clusters are.
    """
    found = [_Rows.of(store, build, model, split) for build in (old, new)]
    one, other = found
    if one is None or other is None or one.identity != other.identity:
        return None
    arrays = [stored_array(store, digest) for digest in (one.target, one.scores, other.scores, one.train)]
    coding = store.contents.get(one.coding)
    if coding is None or any(array is None for array in arrays):
        return None
    target, scores, others, train = (array for array in arrays if array is not None)
    if not len(target) == len(scores) == len(others) or scores.shape != others.shape:
        return None
    clusters = one.clusters(store)
    if one.cluster and (clusters is None or len(clusters) != len(target)):
        return None
    coded = Coding.from_json(json.loads(coding))
    thresholds = (_threshold(store, old, model), _threshold(store, new, model))
    metrics = _metrics(new, model, coded, train)
    grouped = {
        metric.grouping for metric in metrics.values() if metric.grouping and one.same(other, metric.grouping)
    }
    groups = one.groups(store, grouped)
    return Pair(target, coded, scores, others, clusters, metrics, thresholds, groups)


def _threshold(store: DiskStore, build: Build, model: str) -> float | None:
    found = at(json_of(store, build, evaluate.task_of(model), evaluate.METRICS), "threshold")
    return found if isinstance(found, float) else None


def plain_metric(label: str) -> Metric | None:
    """Return a metric without options by its label."""
    with suppress(Rejected, KeyError):
        found: list[Metric] = [*METRIC_LIST.read([label])]
        return found[0]
    return None


def _metrics(build: Build, model: str, coding: Coding, train: Array) -> dict[str, Metric]:
    """Return the metrics of a model by their labels: those with options as they are written in the spec."""
    listed = build.written(model, "metrics") or []
    known = (name for values in build.metrics[model].values() for name in values)
    found = {}
    for one in [*known, *(listed if isinstance(listed, list) else [listed])]:
        # It can be of another version, or without a class that it needs.
        with suppress(Rejected, Failed, KeyError, TypeError):
            (metric,) = METRIC_LIST.read([one])
            found[metric.label] = metric.prepared(coding.classes, train)
    return found


@frozen(eq=False)
class _Rows:
    """The digests of what a build stored about the rows of a split."""

    scores: str
    target: str
    train: str
    coding: str
    cluster: Mapping[str, Any] | None
    columns: Action | None
    split: str

    @staticmethod
    def of(store: DiskStore, build: Build, model: str, split: str) -> _Rows | None:
        cluster = build.cluster(model)
        dataset = str(build.written(model, "dataset"))
        predicted, target = (result_of(store, build, f"{kind}:{model}") for kind in ("predict", "target"))
        columns = result_of(store, build, f"dataset:{dataset}")
        if predicted is None or target is None or (cluster and columns is None):
            return None
        try:
            coded, train, coding = (target.digests[part] for part in (split, "train", "coding"))
            return _Rows(predicted.digests[split], coded, train, coding, cluster, columns, split)
        except KeyError:
            return None

    @property
    def identity(self) -> tuple[Any, ...]:
        """What is equal for equal rows."""
        names = self.cluster["column"] if self.cluster else ()
        return self.target, self.coding, self.cluster, self._digests(names)

    def same(self, other: _Rows, names: Sequence[str]) -> bool:
        """Whether columns are known, and equal to those of another build."""
        own = self._digests(names)
        return None not in own and own == other._digests(names)

    def _digests(self, names: Sequence[str]) -> list[str | None]:
        columns = self.columns.digests if self.columns else {}
        return [columns.get(f"{self.split}/{name}") for name in names]

    def clusters(self, store: DiskStore) -> Array | None:
        """Return the numbers of the clusters; None if each row is one, or they are no longer known."""
        if self.cluster is None or self.columns is None:
            return None
        try:
            cluster = read(Cluster, self.cluster)
            rows = stored_table(store.contents, self.columns, self.split, cluster.column)
        except (KeyError, Rejected):
            return None
        return None if rows is None else cluster.numbers(rows)

    def groups(self, store: DiskStore, columns: Iterable[tuple[str, ...]]) -> Groups:
        """Return the numbers of the groups with equal values in some columns, as far as they are still in the store."""
        if self.columns is None:
            return {}
        tables = {names: stored_table(store.contents, self.columns, self.split, names) for names in columns}
        return {
            names: Cluster(column=names).numbers(rows) for names, rows in tables.items() if rows is not None
        }


def metric_order(build: Build, model: str) -> Iterator[str]:
    """Yield the names of the metrics of a model, in the order of the spec."""
    known = {
        name: None for values in build.metrics.get(model, {}).values() for name in values if name != "rows"
    }
    listed = build.written(model, "metrics")
    wanted = [name for name in listed if isinstance(name, str)] if isinstance(listed, list) else []
    yield from dict.fromkeys([*(name for name in wanted if name in known), *known])
