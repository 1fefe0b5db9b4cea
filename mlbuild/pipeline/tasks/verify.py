"""Task `verify:O`: verifies that the artifact computes the same as the trained pipeline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from mlbuild.bundle.parity import Real, verify
from mlbuild.bundle.trained import Recipe
from mlbuild.engine.graph import Input, Job, Task
from mlbuild.pipeline.origins import MODELS
from mlbuild.pipeline.parts import SPLITS, read_array, read_columns
from mlbuild.pipeline.scope import OutputScope
from mlbuild.pipeline.tasks import artifact, features, predict
from mlbuild.pipeline.tasks.verdicts.raw_rows import PartNames, kept, places, raw_rows

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

KIND = "verify"
#: The part with the certificate, which is also a file of an output.
PARITY = "parity.json"
#: A constant part. What reads it runs only if the artifact is equal to the trained pipeline.
_VERDICT = "verdict"
#: The maximum number of values of raw columns and of the matrix in memory at a time.
_MOST_CELLS = 4_000_000
_FEWEST_ROWS = 64


def plan(scope: OutputScope) -> Iterator[Task]:
    task = scope.task(
        KIND,
        artifact.recipe_places(scope) | {("rows",): (*scope.item.at, "verify", "rows")},
        rank=MODELS,
        run=run,
        params={
            "recipe": artifact.recipe(scope),
            "rows": scope.item.verify_rows,
            "kept": kept(scope),
        },
        inputs=(
            *artifact.trained(scope),
            artifact.model(scope),
            raw_rows(scope, SPLITS),
            *(features.matrix(scope.model, split) for split in SPLITS),
            predict.scores(scope.model),
        ),
        parts=(PARITY, _VERDICT),
        uses=(*scope.model.ops, type(scope.model.item.learner)),
        imports=(scope.model.item.learner.type,),
        libraries=(*artifact.libraries(scope), "onnxruntime"),
    )
    yield scope.ships(task, PARITY)


def task_of(output: str) -> str:
    """Return the name of the task that verifies an output."""
    return f"{KIND}:{output}"


def verdict(scope: OutputScope) -> Input:
    """Return the verdict on an artifact as an input."""
    return Input("verified", task_of(scope.item.name), (_VERDICT,))


def run(job: Job) -> None:
    trained = artifact.trained_of(job)
    certificate = verify(
        trained, job.read("artifact", artifact.MODEL), _real(job, trained.recipe), job.threads
    )
    job.write(PARITY, certificate)
    job.write(_VERDICT, b"equal")


def _real(job: Job, recipe: Recipe) -> Iterator[Real]:
    """Yield the requested number of rows, taken evenly from all splits, in blocks of limited size."""
    import numpy as np

    scores = np.concatenate([read_array(job, "scores", split) for split in SPLITS])
    wanted = len(scores) if job.params["rows"] is None else min(job.params["rows"], len(scores))
    picked = np.linspace(0, max(len(scores) - 1, 0), wanted).round().astype(np.int64)
    size = max(_MOST_CELLS // max(len(recipe.inputs) + len(recipe.matrix), 1), _FEWEST_ROWS)
    for start in range(0, max(wanted, 1), size):
        job.progress(start, wanted, "rows")  # the block before this one has been compared
        block = picked[start : start + size]
        yield Real(
            _gathered(job, [_inputs(job, recipe, split) for split in SPLITS], block),
            _gathered(job, [_matrix(recipe, split) for split in SPLITS], block),
            scores[block],
        )


def _inputs(job: Job, recipe: Recipe, split: str) -> PartNames:
    return places((item.name for item in recipe.inputs), job.params["kept"], split)


def _matrix(recipe: Recipe, split: str) -> PartNames:
    return {name: (split, f"{split}/{name}") for name in recipe.matrix}


def _gathered(job: Job, splits: Sequence[PartNames], rows: np.ndarray[Any, Any]) -> pl.DataFrame:
    """Return these rows of the splits, one split after the other."""
    import polars as pl

    return pl.concat([read_columns(job, places) for places in splits]).select(pl.all().gather(rows))
