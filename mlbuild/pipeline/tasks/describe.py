"""Task `describe:T`: statistics of every column of a source or dataset."""

from __future__ import annotations

import json
from collections.abc import Iterator

from mlbuild.data.statistics.association import associations
from mlbuild.data.statistics.table import TableStatistics
from mlbuild.engine.graph import Input, Job, Task
from mlbuild.params import Json
from mlbuild.pipeline.origins import DATASETS, SOURCES
from mlbuild.pipeline.parts import SPLITS, WHOLE, parts_of, read_table
from mlbuild.pipeline.scope import Scope
from mlbuild.pipeline.tasks import source
from mlbuild.spec.spec import DatasetSpec, SourceSpec, Spec

KIND = "describe"
#: The part with the statistics.
STATISTICS = "statistics.json"
FORMAT = 1


def plan(scope: Scope[SourceSpec] | Scope[DatasetSpec]) -> Iterator[Task]:
    item = scope.item
    columns = {name: item.table.trained[name].dtype for name in sorted(item.table.columns)}
    divided = isinstance(item, DatasetSpec) and item.split is not None
    tables = SPLITS if divided else (WHOLE,)
    if isinstance(item, SourceSpec):
        rows, rank = source.rows(item, "rows"), SOURCES
    else:
        rank = DATASETS
        rows = Input("rows", f"dataset:{item.name}", parts_of(tables, columns))
    yield scope.task(
        KIND,
        {},
        rank=rank,
        run=run,
        params={"tables": list(tables), "columns": columns, "targets": _targets(scope.spec, item.name)},
        inputs=(rows,),
        parts=(STATISTICS,),
        libraries=("polars", "numpy"),
    )


def _targets(spec: Spec, dataset: str) -> list[str]:
    """Return the columns of a dataset that models predict, sorted."""
    return sorted({model.target.column for model in spec.models.values() if model.dataset == dataset})


def task_of(name: str) -> str:
    """Return the name of the task that describes a source or dataset."""
    return f"{KIND}:{name}"


def run(job: Job) -> None:
    dtypes = job.params["columns"]
    tables: Json = {}
    found: Json = {}
    for prefix in job.params["tables"]:
        rows = read_table(job, "rows", prefix, dtypes)
        tables[prefix] = TableStatistics.of(rows, dtypes).to_json()
        if not found:  # of the training rows, or of all if there is no split
            for target in job.params["targets"]:
                found[target] = associations(rows, dtypes, target)
    content = {"format": FORMAT, "tables": tables, "association": found}
    job.write(STATISTICS, json.dumps(content, ensure_ascii=False).encode())
