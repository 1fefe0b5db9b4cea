"""Task `drift:D`: which inputs of models are distributed differently in the rows that models are tested on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from mlbuild.data.data_warning import DataWarning
from mlbuild.data.statistics.shifted import shifted
from mlbuild.data.statistics.table import TableStatistics
from mlbuild.engine.graph import Input, Job, Task
from mlbuild.pipeline.findings import raised, refuse
from mlbuild.pipeline.origins import DATASETS
from mlbuild.pipeline.scope import Scope
from mlbuild.pipeline.tasks import describe
from mlbuild.spec.spec import DatasetSpec, Spec

KIND = "drift"
#: The part with what a person should know.
REPORT = "drift.json"
FORMAT = 1
_CODES = ("drifted-split",)
#: At most so many columns are named.
_MOST = 5


def plan(scope: Scope[DatasetSpec]) -> Iterator[Task]:
    if scope.item.split is None:
        return
    yield scope.task(
        KIND,
        {("refused",): ("warnings",)},
        rank=DATASETS,
        run=run,
        params={"inputs": _inputs(scope.spec, scope.item.name), "refused": raised(scope.spec, _CODES)},
        inputs=(Input(describe.KIND, describe.task_of(scope.item.name), (describe.STATISTICS,)),),
        parts=(REPORT,),
        reported=(REPORT,),
        libraries=("numpy",),
    )


def _inputs(spec: Spec, dataset: str) -> list[str]:
    """Return the columns of a dataset that models use, sorted."""
    models = (model for model in spec.models.values() if model.dataset == dataset)
    return sorted({name for model in models for name in model.features})


def found(item: DatasetSpec) -> Iterator[Input]:
    """Yield what was found about a dataset as an input. Outputs are published only if it was not refused."""
    if item.split is not None:
        yield Input(KIND, f"{KIND}:{item.name}", (REPORT,))


def run(job: Job) -> None:
    told = json.loads(job.read(describe.KIND, describe.STATISTICS))["tables"]
    tables = {name: TableStatistics.from_json(table) for name, table in told.items()}
    findings = [one.to_json() | {"at": ["split"]} for one in _findings(tables, job.params["inputs"])]
    refuse(job, "data", findings)
    job.write(REPORT, json.dumps({"format": FORMAT, "findings": findings}).encode())


def _findings(tables: Mapping[str, TableStatistics], inputs: Sequence[str]) -> Iterator[DataWarning]:
    split = next((name for name in ("test", "valid") if tables[name].rows), None)
    if split is None or not tables["train"].rows:
        return
    drifted = shifted(tables["train"].columns, tables[split].columns, inputs)
    if drifted:
        named = [f"'{name}' (psi {psi:.3g})" for name, psi in [*drifted.items()][:_MOST]]
        more = f" and {len(drifted) - _MOST} more" if len(drifted) > _MOST else ""
        are = "1 input is" if len(drifted) == 1 else f"{len(drifted)} inputs are"
        message = f"{are} distributed differently in the {split} rows than in the training rows: "
        yield DataWarning("drifted-split", f"{message}{', '.join(named)}{more}")
