"""Task `train:M`: the fitted learner."""

from __future__ import annotations

import json

from mlbuild.bundle.trained import learner_of
from mlbuild.columns import Schema
from mlbuild.engine.graph import Job
from mlbuild.models.training import EarlyStopping, Rows, Training
from mlbuild.pipeline.parts import read_array, read_table
from mlbuild.pipeline.targets import read_coding


def run(job: Job) -> None:
    matrix = Schema.from_json(job.params["matrix"])
    learner = learner_of(job.params["learner"])
    binned = "bins" in job.params["reads"]
    training = Training(
        rows=Rows(read_table(job, "matrix", "train", [] if binned else list(matrix)), matrix),
        target=read_array(job, "target", "train"),
        classes=len(read_coding(job, "target").classes),
        seed=job.params["seed"],
        threads=job.threads,
        stopping=_stopping(job, matrix),
        bins=job.path("bins", "bins") if binned else None,
    )
    fitted = learner.fit(training)
    job.write("fitted", fitted)
    job.write("summary", json.dumps(learner.describe(fitted), sort_keys=True).encode())


def _stopping(job: Job, matrix: Schema) -> EarlyStopping | None:
    told = job.params["early_stopping"]
    if told is None:
        return None
    rows = Rows(read_table(job, "held_out", told["split"], matrix), matrix)
    target = read_array(job, "target", told["split"])
    return EarlyStopping(rows, target, told["rounds"], told["metric"])
