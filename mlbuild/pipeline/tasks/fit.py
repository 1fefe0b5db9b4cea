"""Task `fit:M`: the states of the steps, and the transformed train rows."""

from __future__ import annotations

import json

from mlbuild.bundle.trained import stages_of
from mlbuild.columns import Schema
from mlbuild.engine.graph import Job
from mlbuild.ops.steps import fit_stages
from mlbuild.pipeline.parts import read_column, read_features, write_table


def run(job: Job) -> None:
    features = Schema.from_json(job.params["features"])
    target = job.params["target"]
    rows = read_features(job, "rows", "train", features)
    wanted = read_column(job, "rows", f"train/{target}").alias(target)
    states, matrix = fit_stages(stages_of(job.params["steps"], features), rows, wanted)
    job.write("states", json.dumps(states, sort_keys=True).encode())
    write_table(job, "train", matrix)
