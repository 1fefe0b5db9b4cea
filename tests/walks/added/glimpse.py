"""Task `glimpse:O`: some rows that a client can send, as a file in the folder of the output."""

from __future__ import annotations

import json
from collections.abc import Iterator

from mlbuild.engine.graph import Input, Job, Task
from mlbuild.pipeline.origins import MODELS
from mlbuild.pipeline.parts import parts_of, read_table
from mlbuild.pipeline.scope import OutputScope

#: The part with the rows, which is also a file of an output.
GLIMPSE = "glimpse.json"
_SPLIT, _ROWS = "train", 3


def plan(scope: OutputScope) -> Iterator[Task]:
    names = sorted(one.name for one in scope.item.serving.inputs if one.dropped is None)
    task = scope.task(
        "glimpse",
        {},
        rank=MODELS,
        run=run,
        params={"columns": names},
        inputs=(Input("rows", f"dataset:{scope.model.item.dataset}", parts_of([_SPLIT], names)),),
        parts=(GLIMPSE,),
        libraries=("polars",),
    )
    yield scope.ships(task, GLIMPSE)


def run(job: Job) -> None:
    rows = read_table(job, "rows", _SPLIT, job.params["columns"]).head(_ROWS)
    job.write(GLIMPSE, json.dumps(rows.to_dicts(), default=str).encode())
