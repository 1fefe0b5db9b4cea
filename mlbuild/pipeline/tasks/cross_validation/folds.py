"""Task `folds:D`: the role of each train row of a dataset in each fold.

It is apart from `dataset:D`, so that other folds do not make the rows again. Only what cross-validates reads it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from mlbuild.data import FOLDS
from mlbuild.data.evidence.words import says_key
from mlbuild.data.folds.folds import HELD_OUT, TRAIN
from mlbuild.engine.graph import Input, Job, Task
from mlbuild.params import read
from mlbuild.pipeline.findings import raised, refuse
from mlbuild.pipeline.origins import DATASETS, Places, written
from mlbuild.pipeline.parts import parts_of, read_table, write_array
from mlbuild.pipeline.scope import ModelScope, Scope
from mlbuild.spec.spec import DatasetSpec

KIND = "folds"
#: The part with the numbers of rows and with what a person should know.
REPORT = "report.json"
FORMAT = 1
_CODES = ("split-overlap",)


def plan(scope: Scope[DatasetSpec]) -> Iterator[Task]:
    item, folds = scope.item, scope.item.folds
    if folds is None:
        return
    keys = filter(says_key, item.table.columns) if folds.separates else ()
    # Any column has the number of rows, which is all that random folds depend on.
    columns = sorted({*folds.columns(), *keys}) or sorted(item.table.columns)[:1]
    at, seed = (*item.at, "folds"), (*item.at, "folds", "seed")
    places: Places = {
        ("folds",): at,
        ("folds", "seed"): seed if written(scope.spec, seed) else ("seed",),
        ("refused",): ("warnings",),
    }
    yield scope.task(
        KIND,
        places,
        at=at,
        rank=DATASETS,
        run=run,
        params={
            "folds": folds.canonical(),
            "columns": columns,
            "refused": raised(scope.spec, _CODES),
        },
        inputs=(Input("rows", f"dataset:{item.name}", parts_of(["train"], columns)),),
        parts=(*map(part_of, range(1, folds.count + 1)), REPORT),
        reported=(REPORT,),
        uses=(type(folds),),
        libraries=("polars", "numpy"),
    )


def part_of(number: int) -> str:
    """Return the name of the part with the roles of the rows in a fold, counted from 1."""
    return f"fold{number}"


def number_of(part: str) -> int:
    """Return the number of the fold of a part."""
    return int(part.removeprefix("fold"))


def numbers(scope: ModelScope) -> range:
    """Return the numbers of the folds in which a model is validated; empty if it is not, or one item of a matrix is handed on."""
    model = scope.item
    combined = model.trials is not None and model.trials.search is None
    given = scope.dataset.folds if model.cross_validation and not combined else None
    return range(1, given.count + 1) if given is not None else range(0)


def roles(dataset: DatasetSpec, *numbers: int) -> Input:
    """Return the roles of the training rows in some folds as an input."""
    return Input("folds", f"{KIND}:{dataset.name}", tuple(map(part_of, numbers)))


def report(scope: ModelScope) -> tuple[Input, ...]:
    """Return the numbers of rows of the folds of a model as inputs: none if it is not cross-validated."""
    dataset = scope.dataset.name
    return (Input(KIND, f"{KIND}:{dataset}", (REPORT,)),) if numbers(scope) else ()


def run(job: Job) -> None:
    folds = read(FOLDS.named(job.params["folds"]["type"]), job.params["folds"])
    rows = read_table(job, "rows", "train", job.params["columns"])
    divided = folds.divide(rows)
    findings = [one.to_json() for one in folds.findings(rows, divided)]
    counts = [
        {"train": int((one == TRAIN).sum()), "held_out": int((one == HELD_OUT).sum())} for one in divided
    ]
    refuse(job, "data", findings)
    job.write(REPORT, json.dumps({"format": FORMAT, "rows": counts, "findings": findings}).encode())
    for number, fold in enumerate(divided, 1):
        write_array(job, part_of(number), fold)
