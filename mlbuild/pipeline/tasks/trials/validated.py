"""Task `trial:M@NUMBER` of a search on folds: how good the parameters that it suggests are on held-out rows.

The learner is trained on all training rows with the best parameters only.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from mlbuild.data.folds.folds import HELD_OUT
from mlbuild.engine.graph import Job, Task
from mlbuild.evaluation.groups import of_some
from mlbuild.models.metrics.listed import METRIC_KIND
from mlbuild.models.metrics.metric import evaluate
from mlbuild.pipeline.origins import MODELS
from mlbuild.pipeline.parts import read_array
from mlbuild.pipeline.scope import ModelScope
from mlbuild.pipeline.tasks import target
from mlbuild.pipeline.tasks.cross_validation import fold, folds
from mlbuild.pipeline.tasks.cross_validation.cross_validate import summary
from mlbuild.pipeline.tasks.target import read_coding
from mlbuild.pipeline.tasks.trials import names, suggested
from mlbuild.pipeline.tasks.trials.trial import KIND


def plan(scope: ModelScope) -> Iterator[Task]:
    trials, search = scope.item.trials, scope.folded_search
    if trials is None or search is None:
        return
    at, numbers = (*scope.item.at, "search"), folds.numbers(scope)
    for trial in range(search.trials):
        task = scope.task(
            KIND,
            {("metric",): (*at, "metric")},
            at=at,
            rank=MODELS,
            run=run,
            params={"metric": METRIC_KIND.canonical(trials.metric), "suggested": True},
            inputs=(
                *suggested.of_trial(scope, trial),
                target.coded(scope, "train"),
                *target.groups(scope, [trials.metric], "train"),
                folds.roles(scope.dataset, *numbers),
                *(fold.of_trial(scope, trial, number) for number in numbers),
            ),
            parts=(names.RESULT,),
            uses=(type(trials.metric),),
            libraries=("numpy",),
        )
        yield replace(task, name=names.trial(scope, trial))


def run(job: Job) -> None:
    coding, wanted = read_coding(job), read_array(job, "target", "train")
    metric = METRIC_KIND.read(job.params["metric"]).prepared(coding.classes, wanted).deciding(None)
    grouped = target.read_groups(job, [metric], "train")
    found: dict[str, float | None] = {}
    failure, rows = None, 0
    for part in job.parts("folds"):
        here = read_array(job, "folds", part) == HELD_OUT
        held_out = wanted[here]
        rows += len(held_out)
        failure = failure or job.read(part, fold.FAILURE).decode() or None
        if failure is None:
            scores = read_array(job, part, fold.SCORES)
            own = of_some(grouped, here)
            found[part] = evaluate([metric], held_out, scores, len(coding.classes), own)[metric.label]
    value = None if failure else summary([*found.values()])["mean"]
    told = {"params": suggested.settings(job), "value": value, "failure": failure, "rows": rows}
    job.write(names.RESULT, json.dumps(told).encode())
