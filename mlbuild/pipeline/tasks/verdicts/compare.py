"""Task `compare:O`: how an output differs from its baseline and from a constant, on the same rows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mlbuild.data.splits.clusters import Cluster
from mlbuild.engine.graph import Input, Job, Task
from mlbuild.evaluation.harm import harm
from mlbuild.models.answers.classification import decide
from mlbuild.models.metrics.listed import METRIC_LIST
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
    cluster = scope.model.dataset.cluster
    metrics = scope.model.item.metrics
    theirs = tuple(_baseline(scope)) if "baseline" in against else ()
    yield scope.task(
        KIND,
        {("metrics",): (*scope.model.item.at, "metrics")},
        rank=MODELS,
        run=run,
        params={
            "metrics": METRIC_LIST.canonical(metrics),
            "cluster": write(cluster) if cluster else None,
            "against": list(against),
            "reads": [one.slot for one in theirs],
            **threshold.asked(scope.model),
        },
        inputs=(
            predict.scores(scope.model),
            target.coded(scope.model, "train", *HELD_OUT),
            *([scope.model.rows("rows", HELD_OUT, cluster.column)] if cluster else []),
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
    cluster = read(Cluster, job.params["cluster"]) if job.params["cluster"] else None
    constants = Constants(metrics, train, classes)
    for split in HELD_OUT:
        ours, wanted = read_array(job, "scores", split), read_array(job, "target", split)
        if not len(ours):
            continue
        numbers = cluster.numbers(read_table(job, "rows", split, cluster.column)) if cluster else None
        theirs: Array | None = read_array(job, _THEIRS, split) if "baseline" in found else None
        for name, harms in found.items():
            harms[split] = {}
            for metric in metrics:
                other = theirs if name == "baseline" else constants.scores(metric, len(wanted))
                assert other is not None
                deciding = metric.deciding(limit) if name == "baseline" else metric
                one = harm(metric, wanted, ours, other, classes, numbers, deciding)
                harms[split][metric.label] = one and one.to_json()
        if theirs is not None and classes:
            flips[split] = float((decide(ours, coding.threshold) != decide(theirs, limit)).mean())
    told: Json = {
        "format": FORMAT,
        "missing": missing,
        "unit": _unit(cluster),
        "harms": found,
        "flips": flips,
    }
    job.write(COMPARISON, json.dumps(told, indent=1).encode() + b"\n")


def _their_threshold(job: Job) -> float | None:
    """Return the score from which on the baseline predicts the positive class; None for the most probable class."""
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
