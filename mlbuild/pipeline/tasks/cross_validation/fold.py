"""Task `fold:M@K`: the scores of the held-out rows of a fold, by a model that was trained on other rows.

Preprocessing and learner are fitted as in `fit:M` and `train:M`. Early stopping watches the validation rows of the
model, never held-out ones.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
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
from mlbuild.pipeline.tasks.trials import names, suggested

if TYPE_CHECKING:
    import numpy as np

KIND = "fold"
#: The parts of a trial in a fold: the scores, or why there are none.
SCORES, FAILURE = "scores", "failure"


def plan(scope: ModelScope) -> Iterator[Task]:
    search = scope.folded_search
    for number in folds.numbers(scope):
        if search is None:
            task = _planned(scope, number, suggested.of_model(scope), run)
            yield replace(task, name=_name(scope, number))
        for trial in range(search.trials if search else 0):
            task = _planned(scope, number, suggested.of_trial(scope, trial), run_trial)
            yield replace(task, name=_name_of(scope, trial, number), parts=(SCORES, FAILURE))


def _planned(
    scope: ModelScope, number: int, given: tuple[Input, ...], function: Callable[[Job], None]
) -> Task:
    model, stopping = scope.item, scope.item.early_stopping
    splits = ["train", *([stopping.split] if stopping else [])]
    return scope.task(
        KIND,
        scope.feature_places | scope.learner_places,
        at=(*model.at, "cross_validation"),
        rank=MODELS,
        run=function,
        params={
            "features": scope.features.to_json(),
            "steps": scope.steps,
            "matrix": model.matrix.to_json(),
            **suggested.params(scope, given),
            "seed": model.seed,
            "early_stopping": scope.stopping,
        },
        inputs=(
            *given,
            scope.rows("rows", splits, model.features),
            target.coded(scope, *splits),
            folds.roles(scope.dataset, number),
        ),
        parts=(SCORES,),
        uses=(*scope.ops, type(model.learner)),
        libraries=("polars", "numpy", *model.learner.libraries),
        imports=(model.learner.type,),
    )


def _name(scope: ModelScope, number: int) -> str:
    return f"{KIND}:{scope.item.name}@{number}"


def _name_of(scope: ModelScope, trial: int, number: int) -> str:
    return f"{KIND}:{scope.item.name}@{trial + 1:03}@{number}"


def scores(scope: ModelScope, number: int) -> Input:
    """Return the scores of the held-out rows of a fold as an input: for a search on folds, those of its best trial."""
    part = folds.part_of(number)
    if scope.folded_search is not None:
        return Input(part, names.choice(scope.item.name), (part,))
    return Input(part, _name(scope, number), (SCORES,))


def of_trial(scope: ModelScope, trial: int, number: int, slot: str | None = None) -> Input:
    """Return what a trial gives in a fold as an input. The default slot is named after the fold."""
    return Input(slot or folds.part_of(number), _name_of(scope, trial, number), (SCORES, FAILURE))


def run(job: Job) -> None:
    write_array(job, SCORES, _scores(job))


def run_trial(job: Job) -> None:
    """If these settings do not work for the data, the search learns that."""
    failure = ""
    try:
        write_array(job, SCORES, _scores(job))
    except Failed as failed:
        if failed.failure.kind != "data":
            raise
        failure = failed.failure.message
        job.write(SCORES, b"")
    job.write(FAILURE, failure.encode())


def _scores(job: Job) -> np.ndarray[Any, Any]:
    (part,) = job.parts("folds")
    try:
        return _predicted(job, read_array(job, "folds", part))
    except Failed as failed:
        message = f"fold {folds.number_of(part)}: {failed.failure.message}"
        raise Failed(replace(failed.failure, message=message)) from None


def _predicted(job: Job, roles: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    features, matrix = Schema.from_json(job.params["features"]), Schema.from_json(job.params["matrix"])
    stages = stages_of(job.params["steps"], features)
    learner = learner_of(suggested.learner(job))
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
