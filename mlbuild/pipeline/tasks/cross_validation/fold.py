"""Task `fold:M@K`: the scores of the held-out rows of a fold, by a model that was trained on other rows.

Preprocessing and learner are fitted as in `fit:M` and `train:M`. Early stopping watches the validation rows of the
model, never held-out ones.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mlbuild.bundle.trained import learner_of, stages_of
from mlbuild.columns import Schema
from mlbuild.data.folds.folds import HELD_OUT, TRAIN
from mlbuild.diagnostics import Failed
from mlbuild.engine.graph import Input, Job, Task
from mlbuild.models.training import EarlyStopping, Rows, Training
from mlbuild.ops.op import Frame, Target
from mlbuild.ops.steps import Fitting, apply_stages
from mlbuild.pipeline.features import Features, Taken
from mlbuild.pipeline.origins import MODELS
from mlbuild.pipeline.parts import read_array, write_array
from mlbuild.pipeline.scope import ModelScope
from mlbuild.pipeline.tasks import target
from mlbuild.pipeline.tasks.cross_validation import folds
from mlbuild.pipeline.tasks.target import read_coding

if TYPE_CHECKING:
    import numpy as np

KIND = "fold"


def plan(scope: ModelScope) -> Iterator[Task]:
    for number in folds.numbers(scope):
        yield _planned(scope, number)


def _planned(scope: ModelScope, number: int) -> Task:
    model, stopping = scope.item, scope.item.early_stopping
    splits = ["train", *([stopping.split] if stopping else [])]
    task = scope.task(
        KIND,
        scope.feature_places | scope.learner_places,
        at=(*model.at, "cross_validation"),
        rank=MODELS,
        run=run,
        params={
            "features": scope.features.to_json(),
            "steps": scope.steps,
            "matrix": model.matrix.to_json(),
            "learner": scope.learner,
            "seed": model.seed,
            "early_stopping": scope.stopping,
        },
        inputs=(
            scope.rows("rows", splits, model.features),
            target.coded(scope, *splits),
            folds.roles(scope.dataset, number),
        ),
        parts=("scores",),
        uses=(*scope.ops, type(model.learner)),
        libraries=("polars", "numpy", *model.learner.libraries),
        imports=(model.learner.type,),
    )
    return replace(task, name=_name(scope, number))


def _name(scope: ModelScope, number: int) -> str:
    return f"{KIND}:{scope.item.name}@{number}"


def scores(scope: ModelScope, number: int) -> Input:
    """Return the scores of the held-out rows of a fold as an input."""
    return Input(folds.part_of(number), _name(scope, number), ("scores",))


def run(job: Job) -> None:
    (part,) = job.parts("folds")
    try:
        write_array(job, "scores", _scores(job, read_array(job, "folds", part)))
    except Failed as failed:
        message = f"fold {folds.number_of(part)}: {failed.failure.message}"
        raise Failed(replace(failed.failure, message=message)) from None


def _scores(job: Job, roles: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    features, matrix = Schema.from_json(job.params["features"]), Schema.from_json(job.params["matrix"])
    stages = stages_of(job.params["steps"], features)
    learner = learner_of(job.params["learner"])
    columns, classes = Features(job, "rows", "train", features), len(read_coding(job).classes)
    wanted = read_array(job, "target", "train")[roles == TRAIN]
    fitting = Fitting(stages, Taken(columns, roles == TRAIN), Target(wanted, classes))
    train = _rows(fitting.columns(), matrix)
    states = json.loads(json.dumps(fitting.states))

    def transformed(rows: Frame) -> Rows:
        return _rows(apply_stages(stages, states, rows), matrix)

    told, stopping = job.params["early_stopping"], None
    if told is not None:
        watched = transformed(Features(job, "rows", told["split"], features))
        stopping = EarlyStopping(
            watched, read_array(job, "target", told["split"]), told["rounds"], told["metric"]
        )
    training = Training(
        rows=train,
        target=wanted,
        classes=classes,
        seed=job.params["seed"],
        threads=job.threads,
        stopping=stopping,
        progress=job.progress,
    )
    return learner.predict(learner.fit(training), transformed(Taken(columns, roles == HELD_OUT)), job.threads)


def _rows(columns: Any, matrix: Schema) -> Rows:
    import polars as pl

    return Rows(pl.DataFrame([*columns]).select([*matrix]), matrix)
