"""Task `target:M`: the classes of the target, and the target of every split as the learner takes it.

It stands in the rank of datasets: what is wrong with a target is a fault of the data, and comes before any training.
"""

from __future__ import annotations

import json

from mlbuild.engine.graph import Job
from mlbuild.pipeline.parts import SPLITS, read_column, write_array
from mlbuild.pipeline.targets import classes_of, coded


def run(job: Job) -> None:
    name = job.params["target"]["column"]
    columns = {split: read_column(job, "rows", f"{split}/{name}").alias(name) for split in SPLITS}
    classification = job.params["task"] == "classification"
    classes = classes_of(job.params["target"], columns["train"]) if classification else None
    for split, column in columns.items():
        write_array(job, split, coded(column, classes, split))
    job.write("classes", json.dumps(classes).encode())
