"""Task `predict:M`: the native scores of every split."""

from __future__ import annotations

from mlbuild.bundle.trained import learner_of
from mlbuild.columns import Schema
from mlbuild.engine.graph import Job
from mlbuild.models.training import Rows
from mlbuild.pipeline.parts import SPLITS, read_table, write_array


def run(job: Job) -> None:
    matrix = Schema.from_json(job.params["matrix"])
    learner = learner_of(job.params["learner"])
    fitted = job.read("fitted", "fitted")
    for split in SPLITS:
        rows = Rows(read_table(job, split, split, matrix), matrix)
        write_array(job, split, learner.predict(fitted, rows, job.threads))
