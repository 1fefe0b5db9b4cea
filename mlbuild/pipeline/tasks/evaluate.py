"""Task `evaluate:M`: the metrics of every split."""

from __future__ import annotations

import json

from mlbuild.engine.graph import Job
from mlbuild.models.metrics import evaluate
from mlbuild.pipeline.parts import SPLITS, read_array
from mlbuild.pipeline.targets import read_coding

FORMAT = 1


def run(job: Job) -> None:
    classes = len(read_coding(job, "target").classes)
    told = {}
    for split in SPLITS:
        scores = read_array(job, "scores", split)
        if len(scores):
            wanted = read_array(job, "target", split)
            values = evaluate(job.params["metrics"], wanted, scores, classes)
            told[split] = {"rows": len(scores), **values}
    content = {"format": FORMAT, "metrics": told, "learner": json.loads(job.read("fitted", "summary"))}
    job.write("metrics.json", json.dumps(content, indent=2).encode() + b"\n")
