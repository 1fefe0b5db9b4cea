"""Task `fit:M`: the states of the steps, the transformed train rows, and the classes of the target."""

from __future__ import annotations

import json

from mlbuild.bundle.trained import stages_of
from mlbuild.columns import Schema
from mlbuild.engine.graph import Job
from mlbuild.ops.steps import fit_stages
from mlbuild.pipeline.parts import read_column, read_features, write_table
from mlbuild.pipeline.targets import classes_of


def run(job: Job) -> None:
    features = Schema.from_json(job.params["features"])
    target = job.params["target"]
    rows = read_features(job, "rows", "train", features)
    wanted = read_column(job, "rows", f"train/{target['column']}").alias(target["column"])
    classes = classes_of(target, wanted) if job.params["task"] == "classification" else None
    states, matrix = fit_stages(stages_of(job.params["steps"], features), rows, wanted)
    job.write("states", json.dumps(states, sort_keys=True).encode())
    job.write("classes", json.dumps(classes).encode())
    write_table(job, "train", matrix)
