"""Task `verify:O`: the proof that the artifact answers as the trained pipeline does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from mlbuild.bundle.parity import Real, verify
from mlbuild.bundle.trained import Recipe
from mlbuild.engine.graph import Job
from mlbuild.pipeline.parts import SPLITS, read_array, read_columns
from mlbuild.pipeline.tasks.artifact import trained_of

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

#: Values of raw columns and of the matrix that are held at a time.
_MOST_CELLS = 4_000_000
_FEWEST_ROWS = 64


def run(job: Job) -> None:
    trained = trained_of(job)
    certificate = verify(trained, job.read("artifact", "model.onnx"), _real(job, trained.recipe), job.threads)
    job.write("parity.json", certificate)


def _real(job: Job, recipe: Recipe) -> Iterator[Real]:
    """Rows spread evenly over all splits, as many as asked for, in blocks of bounded size."""
    import numpy as np

    scores = np.concatenate([read_array(job, "scores", split) for split in SPLITS])
    wanted = len(scores) if job.params["rows"] is None else min(job.params["rows"], len(scores))
    picked = np.linspace(0, max(len(scores) - 1, 0), wanted).round().astype(np.int64)
    size = max(_MOST_CELLS // max(len(recipe.inputs) + len(recipe.matrix), 1), _FEWEST_ROWS)
    for start in range(0, max(wanted, 1), size):
        block = picked[start : start + size]
        yield Real(
            _gathered(job, dict.fromkeys((item.name for item in recipe.inputs), "raw"), block),
            _gathered(job, dict.fromkeys(recipe.matrix), block),
            scores[block],
        )


def _gathered(job: Job, columns: Mapping[str, str | None], rows: np.ndarray[Any, Any]) -> pl.DataFrame:
    """These rows of the splits one after another; columns come from the slot named, or from that of each split."""
    import polars as pl

    splits = [
        read_columns(job, {name: (slot or split, f"{split}/{name}") for name, slot in columns.items()})
        for split in SPLITS
    ]
    return pl.concat(splits).select(pl.all().gather(rows))
