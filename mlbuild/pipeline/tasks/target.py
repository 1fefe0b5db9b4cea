"""Task `target:M`: how the target is coded, and the coded target of every split.

It stands in the rank of datasets: what is wrong with a target is a fault of the data, and comes before any training.
"""

from __future__ import annotations

import json

from mlbuild.columns import Schema
from mlbuild.engine.graph import Job
from mlbuild.models.answers import ANSWERS
from mlbuild.params import read
from mlbuild.pipeline.parts import SPLITS, read_table, write_array

_ANSWERS = {cls.kind: cls for cls in ANSWERS}


def run(job: Job) -> None:
    answer = read(_ANSWERS[job.params["answer"]["kind"]], job.params["answer"])
    ((_, type_),) = Schema.from_json(job.params["target"]).items()
    rows = {split: read_table(job, "rows", split, answer.columns()) for split in SPLITS}
    coding = answer.coding(type_, rows["train"])
    for split, columns in rows.items():
        write_array(job, split, answer.coded(columns, coding, split))
    job.write("coding", json.dumps(coding.to_json()).encode())
