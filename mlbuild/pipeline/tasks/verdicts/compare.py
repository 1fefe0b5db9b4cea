"""Task `compare:O`: how an output differs from its baseline and from a constant, on the same rows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mlbuild.data.slices import Group, Slice
from mlbuild.data.splits.clusters import Cluster
from mlbuild.engine.graph import Input, Job, Task
from mlbuild.evaluation.harm import harm
from mlbuild.evaluation.rows import Rows
from mlbuild.frozen import frozen
from mlbuild.models.answers.classification import decide
from mlbuild.models.metrics.listed import METRIC_LIST
from mlbuild.models.metrics.metric import Metric
from mlbuild.models.skill import Constants
from mlbuild.params import Json, read, write
from mlbuild.pipeline.origins import MODELS
from mlbuild.pipeline.parts import read_array, read_table
from mlbuild.pipeline.scope import OutputScope
from mlbuild.pipeline.tasks import predict, target, threshold
from mlbuild.pipeline.tasks.verdicts import baseline
from mlbuild.pipeline.tasks.verdicts.baseline import HELD_OUT, MISSING

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

KIND = "compare"
#: The part with the harms.
COMPARISON = "comparison.json"
FORMAT = 1
#: The slots with the scores of the baseline, and with the threshold of a model.
_THEIRS, _THRESHOLD = "theirs", "their threshold"


def plan(scope: OutputScope) -> Iterator[Task]:
    against = compared(scope)
    if not against:
        return
    cluster, table = scope.model.dataset.cluster, scope.model.dataset.table
    metrics, slices = scope.model.item.metrics, _slices(scope)
    columns = {name for one in slices for name in one.infer(table)} | {*(cluster.column if cluster else ())}
    theirs = tuple(_baseline(scope)) if "baseline" in against else ()
    yield scope.task(
        KIND,
        {("metrics",): (*scope.model.item.at, "metrics")},
        rank=MODELS,
        run=run,
        params={
            "metrics": METRIC_LIST.canonical(metrics),
            "cluster": write(cluster) if cluster else None,
            **({"slices": [one.canonical(table) for one in slices]} if slices else {}),
            "against": list(against),
            "reads": [one.slot for one in theirs],
            **threshold.asked(scope.model),
        },
        inputs=(
            predict.scores(scope.model),
            target.coded(scope.model, "train", *HELD_OUT),
            *([scope.model.rows("rows", HELD_OUT, sorted(columns))] if columns else []),
            *target.groups(scope.model, metrics, "train", *HELD_OUT),
            *threshold.chosen(scope.model),
            *theirs,
        ),
        parts=(COMPARISON,),
        uses=tuple(map(type, metrics)),
        libraries=("numpy", "polars"),
    )


def compared(scope: OutputScope) -> tuple[str, ...]:
    """Return what the gates of an output compare it with."""
    needed = {gate.compares for gate in scope.item.gates}
    return tuple(one for one in ("baseline", "constant") if one in needed)


def _slices(scope: OutputScope) -> list[Slice]:
    """Return the slices of the model in whose groups a gate compares."""
    wanted = {name for gate in scope.item.gates if gate.compares for name in gate.groups}
    return [one for one in scope.model.item.slices if one.label in wanted]


def comparison(scope: OutputScope) -> Input:
    """Return the differences as an input."""
    return Input("comparison", f"{KIND}:{scope.item.name}", (COMPARISON,))


def _baseline(scope: OutputScope) -> Iterator[Input]:
    """Yield the scores of the baseline and, if it has one, its threshold as inputs."""
    named = scope.item.baseline
    if named is None or named.compared is None:
        yield baseline.scores(scope, _THEIRS)
        return
    yield Input(_THEIRS, f"predict:{named.compared}", HELD_OUT)
    if scope.spec.models[named.compared].threshold is not None:
        yield Input(_THRESHOLD, threshold.task_of(named.compared), (threshold.KIND,))


def run(job: Job) -> None:
    against, missing = job.params["against"], None
    if _THEIRS in job.params["reads"] and MISSING in job.parts(_THEIRS):
        missing = json.loads(job.read(_THEIRS, MISSING))
    coding, train = threshold.coding_of(job, job.params), read_array(job, "target", "train")
    classes = len(coding.classes)
    prepared = [one.prepared(coding.classes, train) for one in METRIC_LIST.read(job.params["metrics"])]
    metrics = [one.deciding(coding.threshold) for one in prepared]
    limit = _their_threshold(job)
    found: dict[str, dict[str, Any]] = {name: {} for name in against if name != "baseline" or not missing}
    flips: dict[str, float] = {}
    sliced: dict[str, dict[str, list[Json]]] = {name: {} for name in found}
    cluster = read(Cluster, job.params["cluster"]) if job.params["cluster"] else None
    constants = Constants(metrics, train, classes, target.read_groups(job, metrics, "train"))
    for split in HELD_OUT:
        ours, wanted = read_array(job, "scores", split), read_array(job, "target", split)
        if not len(ours):
            continue
        numbers = cluster.numbers(read_table(job, "rows", split, cluster.column)) if cluster else None
        rows = Rows(wanted, ours, classes, numbers, target.read_groups(job, metrics, split))
        theirs: Array | None = read_array(job, _THEIRS, split) if "baseline" in found else None
        parts = _groups(job, split)
        for name, by_split in found.items():
            if name == "baseline":
                assert theirs is not None
                others = [_Other(metric, metric.deciding(limit), theirs) for metric in metrics]
            else:
                others = [_Other(metric, metric, constants.scores(metric, len(wanted))) for metric in metrics]
            by_split[split] = {one.label: one.harm(rows) for one in others}
            sliced[name][split] = [
                {
                    "slice": label,
                    "values": dict(group.values),
                    "harms": {one.label: one.harm(rows, group.rows) for one in others},
                }
                for label, group in parts
            ]
        if theirs is not None and classes:
            flips[split] = float((decide(ours, coding.threshold) != decide(theirs, limit)).mean())
    told: Json = {
        "format": FORMAT,
        "missing": missing,
        "unit": _unit(cluster),
        "harms": found,
        "slices": sliced,
        "flips": flips,
    }
    job.write(COMPARISON, json.dumps(told, indent=1).encode() + b"\n")


@frozen(eq=False)
class _Other:
    """Another model to compare a metric with: the metric with its threshold, and its scores."""

    metric: Metric
    deciding: Metric
    scores: Array

    @property
    def label(self) -> str:
        return self.metric.label

    def harm(self, rows: Rows, places: Array | None = None) -> Json | None:
        """Return how much worse a model is on its rows, or on some of them."""
        own = rows.seen_by(self.metric)
        part, scores = (own, self.scores) if places is None else (own.at(places), self.scores[places])
        found = harm(
            self.metric, part.target, part.scores, scores, part.classes, part.clusters, self.deciding
        )
        return None if found is None else found.to_json()


def _groups(job: Job, split: str) -> list[tuple[str, Group]]:
    """Return the groups of the slices, each with the name of its slice."""
    slices = job.params.get("slices", [])
    if not slices:
        return []
    rows = read_table(job, "rows", split, sorted({name for one in slices for name in one["columns_read"]}))
    return [(one["called"], group) for one in slices for group in read(Slice, one).groups(rows)[0]]


def _their_threshold(job: Job) -> float | None:
    """Return the lowest score at which the baseline predicts the positive class; None for the most probable class."""
    for slot, part in ((_THEIRS, baseline.THRESHOLD), (_THRESHOLD, threshold.KIND)):
        if slot in job.params["reads"] and part in job.parts(slot):
            found: float | None = json.loads(job.read(slot, part))
            return found
    return None


def _unit(cluster: Cluster | None) -> str:
    """Return what the independent units are called."""
    if cluster is None:
        return "rows"
    return "days" if cluster.every == "1d" else "clusters"
