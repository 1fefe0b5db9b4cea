"""Task `trial:M@NUMBER` of a search on validation rows: the learner, trained with the parameters that the search suggests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from mlbuild.bundle.trained import learner_of
from mlbuild.columns import Schema
from mlbuild.diagnostics import Failed
from mlbuild.engine.graph import Job, Task
from mlbuild.models.learner import Learner
from mlbuild.models.metrics.listed import METRIC_KIND
from mlbuild.models.metrics.metric import evaluate
from mlbuild.models.training import Rows
from mlbuild.pipeline.origins import MODELS
from mlbuild.pipeline.parts import read_array, read_table, write_array
from mlbuild.pipeline.scope import ModelScope
from mlbuild.pipeline.tasks import features, target, train
from mlbuild.pipeline.tasks.target import read_coding
from mlbuild.pipeline.tasks.trials import names, suggested

KIND = "trial"
#: The rows that the trials are compared on.
SPLIT = "valid"
#: What a trial gives: what `train:M` does, its scores on the validation rows, and the value of the metric.
SCORES = "scores"
PARTS = (*train.PARTS, SCORES, names.RESULT)


def plan(scope: ModelScope) -> Iterator[Task]:
    trials, model = scope.item.trials, scope.item
    if trials is None or trials.search is None or scope.folded_search is not None:
        return
    at = (*model.at, "search")
    for number in range(trials.search.trials):
        given = suggested.of_trial(scope, number)
        task = scope.task(
            KIND,
            scope.learner_places | {("metric",): (*at, "metric")},
            at=at,
            rank=MODELS,
            run=run,
            params={
                **suggested.params(scope, given),
                "metric": METRIC_KIND.canonical(trials.metric),
                **train.training_params(scope),
            },
            inputs=(
                *given,
                target.coded(scope, "train", SPLIT),
                *target.groups(scope, [trials.metric], SPLIT),
                features.matrix(scope, SPLIT),
                *train.training_inputs(scope),
            ),
            parts=PARTS,
            uses=(type(model.learner), type(trials.metric)),
            libraries=("polars", "numpy", *model.learner.libraries),
            imports=(model.learner.type,),
        )
        yield replace(task, name=names.trial(scope, number))


def run(job: Job) -> None:
    told = suggested.learner(job)
    try:
        value, failure = _tried(job, learner_of(told)), None
    except Failed as failed:
        if failed.failure.kind != "data":
            raise
        # These settings do not work for the data. The search learns that from the missing value.
        value, failure = None, failed.failure.message
        job.write("fitted", b"")
        job.write(SCORES, b"")
    job.write("learner", json.dumps(told, sort_keys=True).encode())
    rows = len(read_array(job, "target", SPLIT))
    result = {"params": suggested.settings(job), "value": value, "failure": failure, "rows": rows}
    job.write(names.RESULT, json.dumps(result).encode())


def _tried(job: Job, learner: Learner) -> float | None:
    """Train the learner, write what it learned and its scores, and return the value of the metric."""
    matrix, coding = Schema.from_json(job.params["matrix"]), read_coding(job)
    fitted = train.trained(job, learner)
    rows = Rows(read_table(job, SPLIT, SPLIT, matrix), matrix)
    scores, wanted = learner.predict(fitted, rows, job.threads), read_array(job, "target", SPLIT)
    metric = METRIC_KIND.read(job.params["metric"])
    prepared = metric.prepared(coding.classes, read_array(job, "target", "train")).deciding(None)
    grouped = target.read_groups(job, [metric], SPLIT)
    ((_, value),) = evaluate([prepared], wanted, scores, len(coding.classes), grouped).items()
    job.write("fitted", fitted)
    write_array(job, SCORES, scores)
    return value
