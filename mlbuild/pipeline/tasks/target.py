"""Task `target:M`: the coding of the target, and the coded target of every split.

It has the rank of datasets: a problem with a target is a data error, and must be found before any training.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from mlbuild.columns import Schema
from mlbuild.diagnostics import Path
from mlbuild.engine.graph import Given, Input, Job, Task
from mlbuild.evaluation.groups import group_columns, groupings, groups_of
from mlbuild.models import ANSWERS
from mlbuild.models.answers.answer import Coding
from mlbuild.models.metrics.metric import Groups, Metric
from mlbuild.params import read, write
from mlbuild.pipeline.origins import DATASETS
from mlbuild.pipeline.parts import SPLITS, read_table, write_array
from mlbuild.pipeline.scope import ModelScope

if TYPE_CHECKING:
    import polars as pl

#: The slot with the columns of groups.
_GROUPS = "groups"
_ANSWERS = {cls.kind: cls for cls in ANSWERS}


def plan(scope: ModelScope) -> Iterator[Task]:
    wanted, answer = scope.item.target, scope.item.target.answer
    at: Path = (*scope.item.at, "target")
    yield scope.task(
        "target",
        {("target",): at, ("answer",): at, ("answer", "kind"): (*scope.item.at, "type")},
        rank=DATASETS,
        run=run,
        params={"target": Schema({wanted.column: wanted.type}).to_json(), "answer": write(answer)},
        inputs=(scope.rows("rows", SPLITS, answer.columns()),),
        parts=("coding", *SPLITS),
        uses=(type(answer),),
        libraries=("polars", "numpy"),
    )


def coded(scope: ModelScope, *splits: str) -> Input:
    """Return the coding and the coded target of some splits as an input."""
    return Input("target", f"target:{scope.item.name}", ("coding", *splits))


def read_coding(job: Given) -> Coding:
    """Read the coding of the target from the input `coded`."""
    return Coding.from_json(json.loads(job.read("target", "coding")))


def groups(scope: ModelScope, metrics: Iterable[Metric], *splits: str) -> tuple[Input, ...]:
    """Return the columns of the groups that metrics order as inputs: none if no metric needs some."""
    columns = group_columns(metrics)
    return (scope.rows(_GROUPS, splits, columns),) if columns else ()


def read_groups(job: Job, metrics: Sequence[Metric], split: str) -> Groups:
    """Read the groups of the rows of a split from the input `groups`."""
    columns = groupings(metrics)
    return groups_of(columns, group_rows(job, metrics, split)) if columns else {}


def group_rows(job: Job, metrics: Sequence[Metric], split: str) -> pl.DataFrame:
    """Read the columns of the groups from the input `groups`."""
    return read_table(job, _GROUPS, split, group_columns(metrics))


def run(job: Job) -> None:
    answer = read(_ANSWERS[job.params["answer"]["kind"]], job.params["answer"])
    ((_, type_),) = Schema.from_json(job.params["target"]).items()
    rows = {split: read_table(job, "rows", split, answer.columns()) for split in SPLITS}
    coding = answer.coding(type_, rows["train"])
    for split, columns in rows.items():
        write_array(job, split, answer.coded(columns, coding, split))
    job.write("coding", json.dumps(coding.to_json()).encode())
