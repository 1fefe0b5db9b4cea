"""Task `features:M`: the matrix of each split that `fit` has not given, by what was learned."""

from __future__ import annotations

import json

from mlbuild.bundle.trained import stages_of
from mlbuild.columns import Schema
from mlbuild.engine.graph import Job
from mlbuild.ops.steps import apply_stages
from mlbuild.pipeline.parts import read_features, write_table


def run(job: Job) -> None:
    features = Schema.from_json(job.params["features"])
    stages = stages_of(job.params["steps"], features)
    states = json.loads(job.read("fit", "states"))
    for split in job.params["splits"]:
        rows = read_features(job, "rows", split, features)
        write_table(job, split, apply_stages(stages, states, rows))
