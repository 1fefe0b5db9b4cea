"""Task `features:M`: the matrices of the splits that `fit` does not transform, using the fitted states."""

from __future__ import annotations

import json
from collections.abc import Iterator

from mlbuild.bundle.trained import stages_of
from mlbuild.columns import Schema
from mlbuild.engine.graph import Input, Job, Task
from mlbuild.ops.steps import apply_stages
from mlbuild.pipeline.features import Features
from mlbuild.pipeline.origins import MODELS
from mlbuild.pipeline.parts import SPLITS, parts_of, write_table
from mlbuild.pipeline.scope import ModelScope
from mlbuild.pipeline.tasks import fit


def plan(scope: ModelScope) -> Iterator[Task]:
    splits = SPLITS if scope.refits else SPLITS[1:]
    yield scope.task(
        "features",
        scope.feature_places,
        rank=MODELS,
        run=run,
        params={"features": scope.features.to_json(), "steps": scope.steps, "splits": list(splits)},
        inputs=(scope.rows("rows", splits, scope.item.features), fit.states(scope)),
        parts=parts_of(splits, scope.item.matrix),
        uses=scope.ops,
        libraries=("polars",),
    )


def matrix(scope: ModelScope, split: str, slot: str | None = None) -> Input:
    """Return the matrix of a split as an input, from the task that makes it.

    The default slot is the name of the split.
    """
    kind = "fit" if split == "train" and not scope.refits else "features"
    return Input(slot or split, f"{kind}:{scope.item.name}", parts_of([split], scope.item.matrix))


def run(job: Job) -> None:
    features = Schema.from_json(job.params["features"])
    stages = stages_of(job.params["steps"], features)
    states = json.loads(job.read("fit", "states"))
    for split in job.params["splits"]:
        rows = Features(job, "rows", split, features)
        write_table(job, split, apply_stages(stages, states, rows))
