"""Task `publish:O`: the folder `dist/O/`, with every file that other tasks ship."""

from __future__ import annotations

from collections.abc import Iterator

from mlbuild.engine.graph import Job, Task
from mlbuild.pipeline.origins import MODELS
from mlbuild.pipeline.scope import OutputScope


def plan(scope: OutputScope) -> Iterator[Task]:
    shipped = (*scope.shipped, *scope.model.shipped)
    yield scope.task(
        "publish",
        {},
        rank=MODELS,
        run=run,
        params={"files": {one.slot: list(one.parts) for one in shipped}},
        inputs=shipped,
        parts=tuple(part for one in shipped for part in one.parts),
        exports=folder_of(scope.item.name),
    )


def task_of(output: str) -> str:
    """Return the name of the task that publishes an output."""
    return f"publish:{output}"


def folder_of(output: str) -> str:
    """Return the folder of an output, relative to the folder of the spec."""
    return f"dist/{output}"


def run(job: Job) -> None:
    for slot, names in job.params["files"].items():
        for name in names:
            job.write(name, job.read(slot, name))
