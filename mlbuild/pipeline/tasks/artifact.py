"""Task `artifact:O`: the ONNX model and the contract of its inputs and outputs."""

from __future__ import annotations

import hashlib
import json

from mlbuild.bundle.artifact import write_artifact
from mlbuild.bundle.trained import Recipe, Trained
from mlbuild.engine.graph import Job
from mlbuild.pipeline.targets import read_coding


def trained_of(job: Job) -> Trained:
    """The trained pipeline that this task's inputs hold."""
    states = tuple(json.loads(job.read("fit", "states")))
    recipe = Recipe.from_json(job.params["recipe"])
    return Trained(recipe, states, job.read("fitted", "fitted"), read_coding(job, "target"))


def run(job: Job) -> None:
    from importlib.metadata import version  # planning does without it

    canonical = json.dumps(job.params["recipe"], sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    versions = {name: version(name) for name in job.params["libraries"]}
    model, contract = write_artifact(trained_of(job), digest, versions)
    job.write("model.onnx", model)
    job.write("contract.json", contract)
