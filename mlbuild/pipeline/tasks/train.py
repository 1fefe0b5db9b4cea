"""Task `train:M`: the fitted learner."""

from __future__ import annotations

import json

from mlbuild.bundle.trained import learner_of
from mlbuild.columns import Schema
from mlbuild.engine.graph import Job
from mlbuild.models.learner import EarlyStopping, Rows
from mlbuild.pipeline.parts import read_array, read_table
from mlbuild.pipeline.targets import read_classes


def run(job: Job) -> None:
    matrix = Schema.from_json(job.params["matrix"])
    learner = learner_of(job.params["learner"])
    classes = read_classes(job, "target")
    binned = "bins" in job.params["reads"]
    columns = [] if binned else list(matrix)
    stopping = job.params["early_stopping"]
    held_out = None
    if stopping is not None:
        split = stopping["split"]
        rows = Rows(read_table(job, "held_out", split, matrix), matrix, read_array(job, "target", split))
        held_out = EarlyStopping(rows, stopping["rounds"], stopping["metric"])
    fitted = learner.fit(
        Rows(read_table(job, "matrix", "train", columns), matrix, read_array(job, "target", "train")),
        classes=len(classes or ()),
        seed=job.params["seed"],
        threads=job.threads,
        early_stopping=held_out,
        bins=job.path("bins", "bins") if binned else None,
    )
    job.write("fitted", fitted)
    job.write("summary", json.dumps(learner.describe(fitted), sort_keys=True).encode())
