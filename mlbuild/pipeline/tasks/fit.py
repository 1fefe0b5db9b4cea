"""Task `fit:M`: the states of the steps, the transformed train rows, and what the numbers of a row are called."""

from __future__ import annotations

import json
from collections.abc import Iterator

from mlbuild.bundle.trained import stages_of
from mlbuild.columns import Schema
from mlbuild.engine.graph import Input, Job, Task
from mlbuild.ops.steps import fit_stages, number_names
from mlbuild.pipeline.origins import MODELS
from mlbuild.pipeline.parts import parts_of, read_column, read_features, write_table
from mlbuild.pipeline.scope import ModelScope


def plan(scope: ModelScope) -> Iterator[Task]:
    model = scope.item
    columns = dict.fromkeys([*model.features, model.target.column])
    yield scope.task(
        "fit",
        scope.feature_places | {("target",): (*model.at, "target")},
        rank=MODELS,
        run=run,
        params={
            "features": scope.features.to_json(),
            "steps": scope.steps,
            "target": model.target.column,
        },
        inputs=(scope.rows("rows", ["train"], columns),),
        parts=("states", "columns", *parts_of(["train"], model.matrix)),
        uses=scope.ops,
        libraries=("polars", "numpy"),
    )


def states(scope: ModelScope) -> Input:
    """What the steps have learned, as an input."""
    return Input("fit", f"fit:{scope.item.name}", ("states",))


def columns(scope: ModelScope) -> Input:
    """What the numbers of a row of the matrix are called, as an input."""
    return Input("fit", f"fit:{scope.item.name}", ("columns",))


def train_matrix(scope: ModelScope, slot: str) -> Input:
    """What the learner is trained on, as an input: out-of-fold values where a step makes them."""
    return Input(slot, f"fit:{scope.item.name}", parts_of(["train"], scope.item.matrix))


def run(job: Job) -> None:
    features = Schema.from_json(job.params["features"])
    target = job.params["target"]
    rows = read_features(job, "rows", "train", features)
    wanted = read_column(job, "rows", f"train/{target}").alias(target)
    stages = stages_of(job.params["steps"], features)
    states, matrix = fit_stages(stages, rows, wanted)
    job.write("states", json.dumps(states, sort_keys=True).encode())
    job.write("columns", json.dumps(number_names(stages, states, matrix)).encode())
    write_table(job, "train", matrix)
