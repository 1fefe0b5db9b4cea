"""Task `verify:O`: the proof that the artifact answers as the trained pipeline does."""

from __future__ import annotations

from mlbuild.bundle.parity import Real, verify
from mlbuild.bundle.trained import Recipe
from mlbuild.engine.graph import Job
from mlbuild.pipeline.parts import SPLITS, read_array, read_table
from mlbuild.pipeline.tasks.artifact import trained_of


def run(job: Job) -> None:
    trained = trained_of(job)
    certificate = verify(trained, job.read("artifact", "model.onnx"), _real(job, trained.recipe), job.threads)
    job.write("parity.json", certificate)


def _real(job: Job, recipe: Recipe) -> Real:
    """Rows spread evenly over all splits, as many as asked for."""
    import numpy as np
    import polars as pl

    names = [item.name for item in recipe.inputs]
    raw = pl.concat([read_table(job, "raw", split, names) for split in SPLITS])
    matrix = pl.concat([read_table(job, split, split, recipe.matrix) for split in SPLITS])
    scores = np.concatenate([read_array(job, "scores", split) for split in SPLITS])
    wanted = job.params["rows"]
    if wanted is None or wanted >= len(scores):
        return Real(raw, matrix, scores)
    picked = np.linspace(0, len(scores) - 1, wanted).round().astype(np.int64)
    return Real(raw[picked], matrix[picked], scores[picked])
