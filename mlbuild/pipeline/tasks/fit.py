"""Task `fit:M`: the states of the steps, the transformed training rows, and names for the numbers of a row.

It reads the target only if a step uses it. If no step does, models with different targets share the task.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlbuild.bundle.trained import stages_of
from mlbuild.columns import Schema
from mlbuild.engine.graph import Input, Job, Task
from mlbuild.ops.op import Target
from mlbuild.ops.steps import Fitting, number_names
from mlbuild.pipeline.features import Features
from mlbuild.pipeline.parts import parts_of, read_array, write_table
from mlbuild.pipeline.scope import ModelScope
from mlbuild.pipeline.tasks import target
from mlbuild.pipeline.tasks.target import read_coding

if TYPE_CHECKING:
    import polars as pl


def plan(scope: ModelScope) -> Iterator[Task]:
    rows = scope.rows("rows", ["train"], scope.item.features)
    yield scope.task(
        "fit",
        scope.feature_places,
        rank=scope.fit_rank,
        run=run,
        params={"features": scope.features.to_json(), "steps": scope.steps},
        inputs=(rows, target.coded(scope, "train")) if scope.uses_target else (rows,),
        parts=("states", "columns", *parts_of(["train"], scope.item.matrix)),
        uses=scope.ops,
        libraries=("polars", "numpy"),
    )


def states(scope: ModelScope) -> Input:
    """Return the states of the steps as an input."""
    return Input("fit", f"fit:{scope.item.name}", ("states",))


def columns(scope: ModelScope) -> Input:
    """Return the names of the numbers of a matrix row as an input."""
    return Input("fit", f"fit:{scope.item.name}", ("columns",))


def train_matrix(scope: ModelScope, slot: str) -> Input:
    """Return what the learner is trained on as an input: out-of-fold values, if a step makes them."""
    return Input(slot, f"fit:{scope.item.name}", parts_of(["train"], scope.item.matrix))


def run(job: Job) -> None:
    import polars as pl

    features = Schema.from_json(job.params["features"])
    stages = stages_of(job.params["steps"], features)
    coded = _target(job) if any(stage.step.uses_target for stage in stages) else None
    fitting = Fitting(stages, Features(job, "rows", "train", features), coded)
    widths: dict[str, int] = {}

    def measured() -> Iterator[pl.Series]:
        for column in fitting.columns():
            if isinstance(column.dtype, pl.Array):
                widths[column.name] = column.dtype.size
            yield column

    write_table(job, "train", measured())
    matrix = stages[-1].after if stages else features
    job.write("states", json.dumps(fitting.states, sort_keys=True).encode())
    job.write("columns", json.dumps(number_names(matrix, widths, stages, fitting.states)).encode())


def _target(job: Job) -> Target:
    return Target(read_array(job, "target", "train"), len(read_coding(job).classes))
