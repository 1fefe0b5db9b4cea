"""Task `train:M`: the fitted learner, and the learner itself with its parameters."""

from __future__ import annotations

import json
from collections.abc import Iterator

from mlbuild.bundle.trained import learner_of
from mlbuild.columns import Schema
from mlbuild.engine.graph import Given, Input, Job, Task
from mlbuild.models.learner import Learner
from mlbuild.models.training import EarlyStopping, Rows, Training
from mlbuild.params import Json
from mlbuild.pipeline.origins import MODELS
from mlbuild.pipeline.parts import read_array, read_table
from mlbuild.pipeline.scope import ModelScope
from mlbuild.pipeline.tasks import bin, features, fit, target
from mlbuild.pipeline.tasks.target import read_coding
from mlbuild.pipeline.tasks.trials import names, suggested

#: What the learner learned, and its type and parameters. A model is used with the parameters that it was trained with.
PARTS = ("fitted", "learner")


def plan(scope: ModelScope) -> Iterator[Task]:
    model, stopping = scope.item, scope.item.early_stopping
    if scope.is_trial:
        return
    given = suggested.of_model(scope)
    yield scope.task(
        "train",
        scope.learner_places,
        rank=MODELS,
        run=run,
        params={**suggested.params(scope, given), **training_params(scope)},
        inputs=(
            *given,
            target.coded(scope, "train", *([stopping.split] if stopping else [])),
            *training_inputs(scope),
        ),
        parts=PARTS,
        uses=(type(scope.item.learner),),
        libraries=("polars", *model.learner.libraries),
        imports=(model.learner.type,),
    )


def training_params(scope: ModelScope) -> Json:
    """Return the parameters of a task that trains, apart from the learner."""
    return {
        "seed": scope.item.seed,
        "matrix": scope.item.matrix.to_json(),
        "early_stopping": scope.stopping,
        "reads": ["matrix"] if scope.binning is None else ["bins"],
    }


def training_inputs(scope: ModelScope) -> Iterator[Input]:
    """Yield the inputs of a task that trains, apart from the target."""
    yield fit.train_matrix(scope, "matrix") if scope.binning is None else bin.bins(scope)
    stopping = scope.item.early_stopping
    if stopping:
        yield features.matrix(scope, stopping.split, "held_out")


def fitted(scope: ModelScope) -> Input:
    """Return the fitted learner as an input: what was trained, or chosen among trials."""
    name = scope.item.name
    return Input("fitted", names.choice(name) if scope.is_trial else f"train:{name}", PARTS)


def learner(job: Given) -> Learner:
    """Create the learner of the input `fitted`."""
    return learner_of(json.loads(job.read("fitted", "learner")))


def run(job: Job) -> None:
    told = suggested.learner(job)
    job.write("fitted", trained(job, learner_of(told)))
    job.write("learner", json.dumps(told, sort_keys=True).encode())


def trained(job: Job, learner: Learner) -> bytes:
    """Train a learner on the inputs of a task that trains."""
    matrix = Schema.from_json(job.params["matrix"])
    binned = "bins" in job.params["reads"]
    training = Training(
        rows=Rows(read_table(job, "matrix", "train", [] if binned else list(matrix)), matrix),
        target=read_array(job, "target", "train"),
        classes=len(read_coding(job).classes),
        seed=job.params["seed"],
        threads=job.threads,
        stopping=_stopping(job, matrix),
        bins=job.path("bins", "bins") if binned else None,
        progress=job.progress,
    )
    return learner.fit(training)


def _stopping(job: Job, matrix: Schema) -> EarlyStopping | None:
    told = job.params["early_stopping"]
    if told is None:
        return None
    rows = Rows(read_table(job, "held_out", told["split"], matrix), matrix)
    target = read_array(job, "target", told["split"])
    return EarlyStopping(rows, target, told["rounds"], told["metric"])
