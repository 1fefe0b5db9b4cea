"""Task `sizes:D`: the number of rows of each part of a dataset."""

from __future__ import annotations

import json
from collections.abc import Iterator

from mlbuild.engine.graph import Input, Job, Task
from mlbuild.pipeline.origins import DATASETS
from mlbuild.pipeline.parts import SPLITS, parts_of, read_table
from mlbuild.pipeline.scope import Scope
from mlbuild.spec.spec import DatasetSpec


def plan(scope: Scope[DatasetSpec]) -> Iterator[Task]:
    item = scope.item
    first = next(iter(item.table.columns))
    if item.split is not None:
        yield scope.task(
            "sizes",
            {},
            rank=DATASETS,
            run=run,
            params={"column": first},
            inputs=(Input("rows", f"dataset:{item.name}", parts_of(SPLITS, [first])),),
            parts=("sizes.json",),
            libraries=("polars",),
        )


def run(job: Job) -> None:
    column = job.params["column"]
    counts = {split: read_table(job, "rows", split, [column]).height for split in SPLITS}
    job.write("sizes.json", json.dumps(counts).encode())
