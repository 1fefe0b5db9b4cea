"""Task `describe:T`: statistics of every column of a source or dataset."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from mlbuild.data.data_warning import DataWarning
from mlbuild.data.statistics.association import associations
from mlbuild.data.statistics.drift import drifted
from mlbuild.data.statistics.table import TableStatistics
from mlbuild.engine.graph import Input, Job, Task
from mlbuild.params import Json
from mlbuild.pipeline.findings import raised, refuse
from mlbuild.pipeline.origins import DATASETS, SOURCES
from mlbuild.pipeline.parts import SPLITS, WHOLE, parts_of, read_table
from mlbuild.pipeline.scope import Scope
from mlbuild.pipeline.tasks import source
from mlbuild.spec.spec import DatasetSpec, SourceSpec, Spec

KIND = "describe"
#: The part with the statistics, and that with what a person should know, which only a dataset with a split has.
STATISTICS, FINDINGS = "statistics.json", "findings.json"
FORMAT = 1
_CODES = ("drifted-split",)
#: At most so many columns are named.
_MOST = 5


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
    found = {"inputs": _inputs(scope.spec, item.name), "refused": raised(scope.spec, _CODES)}
    yield scope.task(
        KIND,
        {("refused",): ("warnings",)},
        rank=rank,
        run=run,
        params={"tables": list(tables), "columns": columns, "targets": _targets(scope.spec, item.name)}
        | (found if divided else {}),
        inputs=(rows,),
        parts=parts_of_table(item),
        reported=(FINDINGS,) if divided else (),
        libraries=("polars", "numpy"),
    )


def _targets(spec: Spec, dataset: str) -> list[str]:
    """Return the columns of a dataset that models predict, sorted."""
    return sorted({model.target.column for model in spec.models.values() if model.dataset == dataset})


def _inputs(spec: Spec, dataset: str) -> list[str]:
    """Return the columns of a dataset that models use, sorted."""
    models = (model for model in spec.models.values() if model.dataset == dataset)
    return sorted({name for model in models for name in model.features})


def parts_of_table(item: SourceSpec | DatasetSpec) -> tuple[str, ...]:
    """Return the parts that describe a source or a dataset."""
    divided = isinstance(item, DatasetSpec) and item.split is not None
    return (STATISTICS, FINDINGS) if divided else (STATISTICS,)


def verdict(item: DatasetSpec) -> Iterator[Input]:
    """Yield what must have been found for outputs to be published, as an input."""
    if item.split is not None:
        yield Input(KIND, task_of(item.name), (FINDINGS,))


def task_of(name: str) -> str:
    """Return the name of the task that describes a source or dataset."""
    return f"{KIND}:{name}"


def run(job: Job) -> None:
    dtypes = job.params["columns"]
    tables: dict[str, TableStatistics] = {}
    found: Json = {}
    for prefix in job.params["tables"]:
        rows = read_table(job, "rows", prefix, dtypes)
        tables[prefix] = TableStatistics.of(rows, dtypes)
        if not found:  # of the training rows, or of all if there is no split
            for target in job.params["targets"]:
                found[target] = associations(rows, dtypes, target)
    told = {name: table.to_json() for name, table in tables.items()}
    content = {"format": FORMAT, "tables": told, "association": found}
    job.write(STATISTICS, json.dumps(content, ensure_ascii=False).encode())
    if "inputs" in job.params:
        warnings = [one.to_json() | {"at": ["split"]} for one in _drifted(tables, job.params["inputs"])]
        refuse(job, "data", warnings)
        job.write(FINDINGS, json.dumps({"format": FORMAT, "findings": warnings}).encode())


def _drifted(tables: Mapping[str, TableStatistics], inputs: Sequence[str]) -> Iterator[DataWarning]:
    """Yield which inputs are distributed differently in the rows that models are tested on."""
    split = next((name for name in ("test", "valid") if tables[name].rows), None)
    if split is None or not tables["train"].rows:
        return
    found = drifted(tables["train"].columns, tables[split].columns, inputs)
    if found:
        told = [f"'{name}' (psi {psi:.3g})" for name, psi in [*found.items()][:_MOST]]
        more = f" and {len(found) - _MOST} more" if len(found) > _MOST else ""
        are = "1 input is" if len(found) == 1 else f"{len(found)} inputs are"
        message = f"{are} distributed differently in the {split} rows than in the train rows: "
        yield DataWarning("drifted-split", f"{message}{', '.join(told)}{more}")
