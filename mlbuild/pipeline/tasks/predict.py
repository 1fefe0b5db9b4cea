"""Task `predict:M`: the native scores of every split."""

from __future__ import annotations

from collections.abc import Iterator

from mlbuild.columns import Schema
from mlbuild.engine.graph import Input, Job, Task
from mlbuild.models.training import Rows
from mlbuild.pipeline.origins import MODELS
from mlbuild.pipeline.parts import SPLITS, read_table, write_array
from mlbuild.pipeline.scope import ModelScope
from mlbuild.pipeline.tasks import features, train


def plan(scope: ModelScope) -> Iterator[Task]:
    model = scope.item
    yield scope.task(
        "predict",
        {},
        rank=MODELS,
        run=run,
        params={"matrix": model.matrix.to_json()},
        inputs=(train.fitted(scope), *(features.matrix(scope, split) for split in SPLITS)),
        parts=SPLITS,
        uses=(type(scope.item.learner),),
        libraries=("polars", *model.learner.libraries),
        imports=(model.learner.type,),
    )


def scores(scope: ModelScope, *splits: str) -> Input:
    """Return the native scores of some splits, by default of all, as an input."""
    return Input("scores", f"predict:{scope.item.name}", splits or SPLITS)


def run(job: Job) -> None:
    matrix = Schema.from_json(job.params["matrix"])
    learner, fitted = train.learner(job), job.read("fitted", "fitted")
    for split in SPLITS:
        rows = Rows(read_table(job, split, split, matrix), matrix)
        write_array(job, split, learner.predict(fitted, rows, job.threads))
