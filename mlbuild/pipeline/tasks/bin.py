"""Task `bin:M`: the learner's binned dataset of the training matrix, which does not depend on most hyperparameters."""

from __future__ import annotations

from collections.abc import Iterator

from mlbuild.bundle.trained import learner_of
from mlbuild.columns import Schema
from mlbuild.engine.graph import Input, Job, Task
from mlbuild.models.training import Rows
from mlbuild.pipeline.origins import MODELS
from mlbuild.pipeline.parts import read_table
from mlbuild.pipeline.scope import ModelScope
from mlbuild.pipeline.tasks import fit


def plan(scope: ModelScope) -> Iterator[Task]:
    model = scope.item
    if scope.binning is None:
        return
    yield scope.task(
        "bin",
        {("binning",): (*model.at, "params"), ("seed",): scope.seed_at},
        rank=MODELS,
        run=run,
        params={
            "learner": model.learner.type,
            "binning": scope.binning,
            "matrix": model.matrix.to_json(),
            "seed": model.seed,
        },
        inputs=(fit.train_matrix(scope, "matrix"),),
        parts=("bins",),
        uses=(type(scope.item.learner),),
        libraries=("polars", *model.learner.libraries),
        imports=(model.learner.type,),
    )


def bins(scope: ModelScope) -> Input:
    """Return the binned dataset as an input."""
    return Input("bins", f"bin:{scope.item.name}", ("bins",))


def run(job: Job) -> None:
    matrix = Schema.from_json(job.params["matrix"])
    learner = learner_of({"type": job.params["learner"], "params": job.params["binning"]})
    rows = Rows(read_table(job, "matrix", "train", matrix), matrix)
    learner.bin(rows, job.params["seed"], job.threads, job.target("bins"))
