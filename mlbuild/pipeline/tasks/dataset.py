"""Task `dataset:D`: joined, filtered rows with their derived columns, divided by the split."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from mlbuild.data import DATASET_STEPS, SPLITS
from mlbuild.data.serving import kept
from mlbuild.data.splits.from_sources import ORIGIN
from mlbuild.data.splits.split import Split
from mlbuild.data.steps.apply import Keep, Report, apply_steps, kept_columns, shown_columns
from mlbuild.data.table import Table
from mlbuild.engine.graph import Input, Job, Task
from mlbuild.params import Json, read
from mlbuild.pipeline.findings import raised, refuse
from mlbuild.pipeline.origins import DATASETS, Places, written
from mlbuild.pipeline.parts import SPLITS as PARTS
from mlbuild.pipeline.parts import (
    WHOLE,
    kept_parts,
    kept_under,
    parts_of,
    read_table,
    write_columns,
    write_table,
)
from mlbuild.pipeline.scope import Scope
from mlbuild.pipeline.tasks import source
from mlbuild.pipeline.tasks.contracts import contract
from mlbuild.spec.spec import DatasetSpec, Spec

if TYPE_CHECKING:
    import polars as pl

KIND = "dataset"
#: The slot of the table that the dataset starts from. That of another part is `from.valid` or `from.test`.
FROM = "from"
#: The part with the numbers of rows and with what a person should know.
REPORT = "report.json"
FORMAT = 1
_CODES = ("unmatched-join", "empty-part", "split-overlap")


def plan(scope: Scope[DatasetSpec]) -> Iterator[Task]:
    """Yield the task of the dataset.

    If the dataset has a split and another one joins it, also yield its rows before the split.
    """
    item = scope.item
    datasets = scope.spec.datasets.values()
    joined = any(item.name in stage.others for other in datasets for stage in other.stages)
    yield _planned(scope, split=True)
    if joined and item.split is not None:
        yield _planned(scope, split=False)


def _planned(scope: Scope[DatasetSpec], split: bool) -> Task:
    spec, item = scope.spec, scope.item
    parts = item.split.tables() if item.split else {}
    inputs = [_whole(spec, item.source, FROM)]
    inputs += [_whole(spec, name, f"{FROM}.{part}") for name, (part,) in parts.items()]
    steps: list[Json] = []
    seed = (*item.at, "split", "seed")
    places: Places = {
        ("from",): (*item.at, "from"),
        ("split",): (*item.at, "split"),
        ("split", "seed"): seed if written(spec, seed) else ("seed",),
        ("refused",): ("warnings",),
    }
    for index, stage in enumerate(item.stages):
        slots = {name: f"step{index}.{number}" for number, name in enumerate(stage.others)}
        inputs += [_whole(spec, name, slot) for name, slot in slots.items()]
        steps.append(stage.step.canonical(stage.before, slots))
        places[("steps", index)] = stage.at
    divided = item.split if split else None
    kept_columns = kept(item.table) if divided else []
    stages = {stage.at: index for index, stage in enumerate(item.stages)}
    uses = dict.fromkeys(type(stage.step) for stage in item.stages)
    task = scope.task(
        KIND,
        places,
        rank=DATASETS,
        run=run,
        params={
            "tables": {slot.slot: _columns(slot) for slot in inputs},
            "steps": steps,
            "keep": [[stages[one.step], one.name, kept_under(one)] for one in kept_columns],
            "split": None if divided is None else divided.canonical(),
            **({"distinct": True} if divided is not None and _are_distinct(item.table, divided) else {}),
            "refused": raised(spec, _CODES),
        },
        inputs=(*inputs, *_verdicts(spec, item)),
        parts=(
            *parts_of([WHOLE] if divided is None else PARTS, item.table.columns),
            *kept_parts(kept_columns),
            REPORT,
        ),
        reported=(REPORT,),
        uses=(*uses, *([] if divided is None else [type(divided)])),
        libraries=("polars", "numpy"),
    )
    return task if split else replace(task, name=_name(item, split=False))


def _are_distinct(table: Table, split: Split) -> bool:
    """Whether contracts promise that no two rows are equal, so that a build need not compare those of two parts."""
    names = split.compared([*table.columns])
    return table.unique_within(name for name in names if not table.trained[name].nullable)


def _name(item: DatasetSpec, split: bool) -> str:
    """Return the name of the task for the dataset, or for its rows before the split."""
    return f"dataset:{item.name}" + ("" if split or item.split is None else "@rows")


def _columns(table: Input) -> list[str]:
    """Return the columns of a table, sorted, because their order in a contract, which is a map, has no meaning."""
    return sorted(part.removeprefix(f"{WHOLE}/") for part in table.parts if part.startswith(f"{WHOLE}/"))


def _whole(spec: Spec, name: str, slot: str) -> Input:
    """Return all rows of a source or dataset as an input."""
    if name in spec.sources:
        return source.rows(spec.sources[name], slot)
    item = spec.datasets[name]
    return Input(slot, _name(item, split=False), parts_of([WHOLE], item.table.columns))


def _verdicts(spec: Spec, item: DatasetSpec) -> list[Input]:
    """Return the verdicts of all sources that are read directly: their rows are used only if the contracts hold."""
    parts = item.split.tables() if item.split else ()
    names = dict.fromkeys([item.source, *parts, *(name for stage in item.stages for name in stage.others)])
    sources = [name for name in names if name in spec.sources]
    return [contract.verdict(name, f"verdict{index}") for index, name in enumerate(sources)]


def _write_report(job: Job, report: Report, rows: Mapping[str, int]) -> None:
    content = {"format": FORMAT, "rows": rows, "steps": report.steps, "findings": report.findings}
    refuse(job, "data", report.findings)
    job.write(REPORT, json.dumps(content).encode())


def _start(tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """Take the rows that the dataset starts from: if other parts have their own source, with the part of each row."""
    import polars as pl

    train = tables.pop(FROM)
    others = {part: tables.pop(f"{FROM}.{part}") for part in PARTS if f"{FROM}.{part}" in tables}
    if not others:
        return train
    return pl.concat(
        rows.select(train.columns).with_columns(pl.lit(part).alias(ORIGIN))
        for part, rows in {"train": train, **others}.items()
    )


def run(job: Job) -> None:
    slots = job.params["tables"]
    tables = {slot: read_table(job, slot, WHOLE, columns) for slot, columns in slots.items()}
    steps = [read(DATASET_STEPS.named(step["op"]), step) for step in job.params["steps"]]
    keep = [Keep(*one) for one in job.params["keep"]]
    report = Report()
    rows = apply_steps(steps, _start(tables), tables, keep, report)
    split = job.params["split"]
    if split is None:
        _write_report(job, report, {WHOLE: rows.height})
        write_table(job, WHOLE, rows.select(shown_columns(rows)).iter_columns())
        return
    divided = read(SPLITS.named(split["type"]), split)
    parts = {name: part.drop(ORIGIN, strict=False) for name, part in divided.parts(rows).items()}
    found = divided.findings(parts, shown_columns(rows), distinct=job.params.get("distinct", False))
    report.findings += [one.to_json() | {"at": ["split"]} for one in found]
    _write_report(job, report, {name: part.height for name, part in parts.items()})
    for name, part in parts.items():
        write_table(job, name, part.select(shown_columns(part)).iter_columns())
        write_columns(job, ((f"{name}.{under}", column) for under, column in kept_columns(part).items()))
