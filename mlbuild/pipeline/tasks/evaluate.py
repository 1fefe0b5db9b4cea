"""Task `evaluate:M`: the metrics of every split."""

from __future__ import annotations

import json
from collections.abc import Iterator

from mlbuild.engine.graph import Job, Task
from mlbuild.models.metrics import evaluate
from mlbuild.pipeline.origins import MODELS
from mlbuild.pipeline.parts import SPLITS, read_array
from mlbuild.pipeline.scope import ModelScope
from mlbuild.pipeline.tasks import predict, target, train
from mlbuild.pipeline.tasks.target import read_coding

KIND = "evaluate"
#: The part, and the file of an output, that holds the metrics.
METRICS = "metrics.json"
FORMAT = 1


def plan(scope: ModelScope) -> Iterator[Task]:
    task = scope.task(
        KIND,
        {("metrics",): (*scope.item.at, "metrics")},
        rank=MODELS,
        run=run,
        params={"metrics": list(scope.item.metrics)},
        inputs=(predict.scores(scope), target.coded(scope, *SPLITS), train.fitted(scope, "summary")),
        parts=(METRICS,),
        libraries=("numpy", "polars"),
    )
    yield scope.ships(task, METRICS)


def run(job: Job) -> None:
    classes = len(read_coding(job).classes)
    told = {}
    for split in SPLITS:
        scores = read_array(job, "scores", split)
        if len(scores):
            wanted = read_array(job, "target", split)
            values = evaluate(job.params["metrics"], wanted, scores, classes)
            told[split] = {"rows": len(scores), **values}
    content = {"format": FORMAT, "metrics": told, "learner": json.loads(job.read("fitted", "summary"))}
    job.write(METRICS, json.dumps(content, indent=2).encode() + b"\n")
