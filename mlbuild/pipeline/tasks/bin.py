"""Task `bin:M`: the learner's binned dataset of the train matrix, which hyper-parameters leave as it is."""

from __future__ import annotations

from mlbuild.bundle.trained import learner_of
from mlbuild.columns import Schema
from mlbuild.engine.graph import Job
from mlbuild.models.training import Rows
from mlbuild.pipeline.parts import read_table


def run(job: Job) -> None:
    matrix = Schema.from_json(job.params["matrix"])
    learner = learner_of({"type": job.params["learner"], "params": job.params["binning"]})
    rows = Rows(read_table(job, "matrix", "train", matrix), matrix)
    learner.bin(rows, job.params["seed"], job.threads, job.target("bins"))
