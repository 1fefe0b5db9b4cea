"""Task `select:M`: the best of several trials, and how it compares with the others.

If the trials are trained models, it hands on the bytes of the best one: nothing is trained again. The trials of a search on
folds are not: `train:M` trains the learner with the best parameters.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from statistics import median
from typing import TYPE_CHECKING, Any

from mlbuild.data.splits.clusters import Cluster
from mlbuild.diagnostics import data_failure
from mlbuild.engine.graph import Job, Task
from mlbuild.evaluation.differences import difference
from mlbuild.evaluation.intervals import LEVEL
from mlbuild.models.metrics.listed import METRIC_KIND
from mlbuild.models.metrics.metric import Metric, rounded
from mlbuild.params import Json, read, write
from mlbuild.pipeline.origins import MODELS
from mlbuild.pipeline.parts import read_array, read_table
from mlbuild.pipeline.scope import ModelScope
from mlbuild.pipeline.tasks import target, train
from mlbuild.pipeline.tasks.cross_validation import cross_validate, fold, folds
from mlbuild.pipeline.tasks.target import read_coding
from mlbuild.pipeline.tasks.trials import names
from mlbuild.pipeline.tasks.trials.candidates import (
    FOLDS,
    TRAINED,
    Candidate,
    combined,
    from_matrix,
    from_search,
    searched,
    told,
)
from mlbuild.pipeline.tasks.trials.trial import SPLIT

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

KIND = "select"
#: The part with all trials, which is also a file of an output.
TRIALS = "trials.json"
FORMAT = 1


def plan(scope: ModelScope) -> Iterator[Task]:
    model, trials, cluster = scope.item, scope.item.trials, scope.dataset.cluster
    if trials is None:
        return
    key = "search" if trials.search else "choose"
    # The combinations of a matrix are validated as models of their own.
    reports = (cross_validate.REPORT,) if model.cross_validation and trials.search is None else ()
    numbers = folds.numbers(scope) if scope.folded_search else ()
    handed_on = train.PARTS if scope.folded_search is None else tuple(map(folds.part_of, numbers))
    task = scope.task(
        KIND,
        {("metric",): (*model.at, key, "metric"), ("on",): (*model.at, key, "on")},
        at=(*model.at, key),
        rank=MODELS,
        run=run,
        params={
            "metric": METRIC_KIND.canonical(trials.metric),
            "on": trials.on,
            "trials": [*told(trials)],
            "searched": trials.search is not None,
            "reports": bool(reports),
            "folds": [*numbers],
            "cluster": write(cluster) if cluster else None,
        },
        inputs=(
            target.coded(scope, "train", SPLIT),
            *target.groups(scope, [trials.metric], SPLIT),
            *([scope.rows("rows", [SPLIT], cluster.column)] if cluster else []),
            *(searched(scope, trials.search) if trials.search else combined(trials, reports)),
        ),
        parts=(*handed_on, names.BEST, TRIALS, *reports),
        reported=(TRIALS, *reports),
        uses=(type(trials.metric),),
        libraries=("numpy", "polars"),
    )
    yield scope.ships(task, TRIALS, *reports)


def task_of(model: str) -> str:
    """Return the name of the task that chooses a model."""
    return names.choice(model)


def run(job: Job) -> None:
    coding = read_coding(job)
    classes = len(coding.classes)
    plain = METRIC_KIND.read(job.params["metric"])
    metric = plain.prepared(coding.classes, read_array(job, "target", "train")).deciding(None)
    cluster = read(Cluster, job.params["cluster"]) if job.params["cluster"] else None
    numbers = cluster.numbers(read_table(job, "rows", SPLIT, cluster.column)) if cluster else None
    wanted = metric.grouped(read_array(job, "target", SPLIT), target.read_groups(job, [metric], SPLIT))
    units = metric.units(wanted, numbers)
    trials = [
        from_search(job, number, one)
        if job.params["searched"]
        else from_matrix(job, number, one, metric, wanted, classes)
        for number, one in enumerate(job.params["trials"])
    ]
    winner = _best(trials, metric)
    _hand_on(job, winner)
    best = trials[winner]
    job.write(names.BEST, json.dumps(best.told["params"], sort_keys=True).encode())

    def against_best(one: Candidate) -> Json | None:
        if one.scores is None or best.scores is None or one is best:
            return None
        found = difference(metric, wanted, best.scores, one.scores, classes, units)
        return None if found is None else found.to_json()

    content = {
        "format": FORMAT,
        "metric": metric.label,
        "on": job.params["on"],
        "rows": best.rows,
        "level": LEVEL,
        "best": best.told["trial"],
        "value": best.value,
        "median": rounded(median(one.value for one in trials if one.value is not None)),
        "trials": [
            {
                **{key: part for key, part in one.told.items() if key != "seeds"},
                "value": one.value,
                **({"seeds": list(one.values)} if len(one.values) > 1 else {}),
                "against_best": against_best(one),
            }
            for one in trials
        ],
    }
    job.write(TRIALS, json.dumps(content, indent=1, ensure_ascii=False).encode() + b"\n")


def _best(trials: list[Candidate], metric: Metric) -> int:
    """Return the number of the best trial, and of equally good ones the first."""
    ranked = sorted(
        (metric.distance(one.value), number) for number, one in enumerate(trials) if one.value is not None
    )
    if not ranked:
        reasons = [one.told["failure"] for one in trials if one.told.get("failure")]
        reason = f": {reasons[0]}" if reasons else ""
        raise data_failure(f"'{metric.label}' has no value for any of the {len(trials)} trials{reason}")
    return ranked[0][1]


def _hand_on(job: Job, winner: int) -> None:
    """Hand on what the best trial has: the trained learner or its scores in the folds, and its report."""
    for number in job.params["folds"]:
        job.write(folds.part_of(number), job.read(f"{FOLDS}{winner}.{number}", fold.SCORES))
    for part in () if job.params["folds"] else train.PARTS:
        job.reuse(part, f"{TRAINED}{winner}")
    if job.params["reports"]:
        job.reuse(cross_validate.REPORT, f"{FOLDS}{winner}.0")
