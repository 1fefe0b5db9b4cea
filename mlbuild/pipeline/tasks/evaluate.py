"""Task `evaluate:M`: the metrics of every split with their intervals, next to those of a constant, the metrics of slices,
and what the learner reports about itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from mlbuild.data.slices import Slice
from mlbuild.data.splits.clusters import Cluster
from mlbuild.data.splits.overlap import shared_groups
from mlbuild.diagnostics import Path
from mlbuild.engine.graph import Input, Job, Task
from mlbuild.evaluation.curves import curves
from mlbuild.evaluation.findings import miscalibrated, overfitted
from mlbuild.evaluation.groups import groupings
from mlbuild.evaluation.intervals import LEVEL, intervals
from mlbuild.evaluation.rows import Rows
from mlbuild.evaluation.slices import sliced
from mlbuild.models.balance import absent_classes, balance
from mlbuild.models.metrics.listed import METRIC_LIST
from mlbuild.models.metrics.metric import Metric, evaluate
from mlbuild.models.skill import Constants, findings
from mlbuild.params import Json, read, write
from mlbuild.pipeline.findings import raised, refuse
from mlbuild.pipeline.origins import MODELS, written
from mlbuild.pipeline.parts import SPLITS, read_array, read_table
from mlbuild.pipeline.scope import ModelScope
from mlbuild.pipeline.tasks import fit, predict, target, threshold, train

KIND = "evaluate"
#: The part with the metrics, which is also a file of an output.
METRICS = "metrics.json"
#: The part with curves for reports, which is also such a file.
CURVES = "curves.json"
#: The part with the metrics of slices, which is also such a file. Only models with slices have it.
SLICES = "slices.json"
FORMAT = 1
_CODES = (
    "absent-class",
    "constant-model",
    "no-skill",
    "too-good",
    "overfit",
    "miscalibrated",
    "split-overlap",
)


def plan(scope: ModelScope) -> Iterator[Task]:
    cluster, slices, table = scope.dataset.cluster, scope.item.slices, scope.dataset.table
    columns = {name for one in slices for name in one.infer(table)} | {*(cluster.column if cluster else ())}
    parts = (METRICS, CURVES, *((SLICES,) if slices else ()))
    grouped = target.groups(scope, scope.item.metrics, *SPLITS)
    task = scope.task(
        KIND,
        {
            ("metrics",): (*scope.item.at, "metrics"),
            ("threshold",): (*scope.item.at, "threshold"),
            ("slices",): (*scope.item.at, "slices"),
            ("refused",): ("warnings",),
            ("cluster",): _cluster_at(scope),
        },
        rank=MODELS,
        run=run,
        params={
            "metrics": METRIC_LIST.canonical(scope.item.metrics),
            **threshold.asked(scope),
            "slices": [one.canonical(table) for one in slices],
            "cluster": write(cluster) if cluster else None,
            **({"separates": scope.dataset.split.separates} if grouped and scope.dataset.split else {}),
            "refused": raised(scope.spec, _CODES),
        },
        inputs=(
            predict.scores(scope),
            target.coded(scope, *SPLITS),
            *([scope.rows("rows", SPLITS, columns)] if columns else []),
            *grouped,
            fit.columns(scope),
            train.fitted(scope),
            *threshold.chosen(scope),
        ),
        parts=parts,
        reported=parts,
        uses=(type(scope.item.learner), *map(type, scope.item.metrics)),
        libraries=("numpy", "polars"),
    )
    yield scope.ships(task, *parts)


def _cluster_at(scope: ModelScope) -> Path:
    """Return the place of the cluster in the spec, or that of the split that implies it."""
    at = scope.dataset.at
    return (*at, "cluster") if written(scope.spec, (*at, "cluster")) else (*at, "split")


def measured(scope: ModelScope) -> Input:
    """Return the metrics of a model as an input."""
    parts = (METRICS, *((SLICES,) if scope.item.slices else ()))
    return Input("metrics", task_of(scope.item.name), parts)


def task_of(model: str) -> str:
    """Return the name of the task that evaluates a model."""
    return f"{KIND}:{model}"


def run(job: Job) -> None:
    coding = threshold.coding_of(job, job.params)
    classes = len(coding.classes)
    scores = {split: read_array(job, "scores", split) for split in SPLITS}
    targets = {split: read_array(job, "target", split) for split in SPLITS if len(scores[split])}
    computed = [
        metric.prepared(coding.classes, targets["train"]).deciding(coding.threshold)
        for metric in METRIC_LIST.read(job.params["metrics"])
    ]
    grouped = {split: target.read_groups(job, computed, split) for split in targets}
    constants = Constants(computed, targets["train"], classes, grouped["train"])
    by_split = {
        split: evaluate(computed, wanted, scores[split], classes, grouped[split])
        for split, wanted in targets.items()
    }
    constant = {split: constants.values(wanted, grouped[split]) for split, wanted in targets.items()}
    cluster = read(Cluster, job.params["cluster"]) if job.params["cluster"] else None
    estimated: dict[str, dict[str, Any]] = {}
    parts: dict[str, Json] = {}
    drawn: dict[str, Json] = {}
    held_out: dict[str, Rows] = {}
    for split in (split for split in by_split if split != "train"):
        numbers = cluster.numbers(read_table(job, "rows", split, cluster.column)) if cluster else None
        rows = held_out[split] = Rows(targets[split], scores[split], classes, numbers, grouped[split])
        estimated[split] = intervals(computed, by_split[split], rows)
        drawn[split] = {"rows": len(rows), **curves(rows, coding.threshold)}
        if job.params["slices"]:
            parts[split] = _slices(job, split, computed, rows)
    counts = balance(targets, classes) if classes else {}
    warnings = [*absent_classes(counts, coding.classes), *findings(computed, scores, by_split, constant)]
    if job.params.get("separates"):
        tables = {split: target.group_rows(job, computed, split) for split in targets}
        warnings += [one for columns in groupings(computed) for one in shared_groups(tables, columns)]
    if held_out and not any(one.code in ("constant-model", "no-skill") for one in warnings):
        split, rows = [*held_out.items()][-1]
        warnings += overfitted(computed, by_split, constant, estimated[split], split)
        warnings += miscalibrated(train.learner(job).answer, rows, split)
    found = [one.to_json() for one in warnings]
    columns = json.loads(job.read("fit", "columns"))
    content = {
        "format": FORMAT,
        "metrics": {split: {"rows": len(scores[split]), **values} for split, values in by_split.items()},
        "intervals": {"level": LEVEL, "cluster": job.params["cluster"], "splits": estimated},
        "constant": constant,
        "threshold": coding.threshold,
        "classes": {"values": list(coding.classes), "rows": counts} if classes else None,
        "findings": found,
        "learner": train.learner(job).describe(job.read("fitted", "fitted"), columns, coding),
    }
    refuse(job, "gate", found)
    _write(job, METRICS, content)
    _write(job, CURVES, {"format": FORMAT, "threshold": coding.threshold, "splits": drawn})
    if job.params["slices"]:
        level = {"level": LEVEL, "cluster": job.params["cluster"]}
        _write(job, SLICES, {"format": FORMAT, **level, "splits": parts})


def _slices(job: Job, split: str, metrics: Sequence[Metric], rows: Rows) -> Json:
    """Return the metrics of each slice of a split, and how many groups of each slice are left out."""
    told = [(one["called"], read(Slice, one)) for one in job.params["slices"]]
    columns = sorted({name for one in job.params["slices"] for name in one["columns_read"]})
    table = read_table(job, "rows", split, columns)
    found = [(label, *one.groups(table)) for label, one in told]
    left_out = {label: count for label, _, count in found if count}
    groups = [(label, some) for label, some, _ in found]
    return {"rows": len(rows), "slices": sliced(metrics, rows, groups), "left_out": left_out}


def _write(job: Job, part: str, content: Json) -> None:
    job.write(
        part, json.dumps(content, indent=None if part == CURVES else 2, ensure_ascii=False).encode() + b"\n"
    )
