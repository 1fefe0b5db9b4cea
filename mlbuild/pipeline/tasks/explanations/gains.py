"""What a learner gained from each input in training."""

from __future__ import annotations

from collections.abc import Mapping

from mlbuild.bundle.lineage import matrix_lineage
from mlbuild.bundle.trained import Recipe
from mlbuild.engine.graph import Job
from mlbuild.models.metrics.metric import rounded
from mlbuild.params import Json
from mlbuild.pipeline.parts import read_table
from mlbuild.pipeline.tasks import train


def gains_of(job: Job, recipe: Recipe) -> dict[tuple[str, ...], float]:
    """Return what the learner gained from its splits, by the inputs that the columns of its matrix are computed from.

    Empty for a learner without splits.
    """
    import polars as pl

    gain = train.learner(job).gain(job.read("fitted", "fitted"))
    if gain is None:
        return {}
    split = job.params["split"]
    wide = [name for name, type_ in recipe.matrix.items() if type_.dtype == "vector"]
    dtypes = read_table(job, split, split, wide).schema if wide else {}
    found: dict[tuple[str, ...], float] = {}
    place = 0
    for name, inputs in matrix_lineage(recipe).items():
        dtype = dtypes.get(name)
        width = dtype.size if isinstance(dtype, pl.Array) else 1
        found[inputs] = found.get(inputs, 0.0) + float(gain[place : place + width].sum())
        place += width
    return found


def shares(gains: Mapping[tuple[str, ...], float]) -> list[Json]:
    """Return the share of each input, or of inputs that a feature combines, in all gains: the largest first."""
    whole = sum(gains.values())
    if not whole:
        return []
    ordered = sorted(gains.items(), key=lambda one: -one[1])
    return [{"inputs": list(inputs), "share": rounded(gain / whole)} for inputs, gain in ordered]
