"""Small tables for the tests in this folder, as a user would write them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from mlbuild.data import DATASET_STEPS, FOLDS, SOURCES, SPLITS
from mlbuild.data.contracts import CONTRACT, Contract
from mlbuild.data.faults import Fault
from mlbuild.data.folds.folds import Folds
from mlbuild.data.splits.split import Split
from mlbuild.data.steps.apply import Report, apply_steps
from mlbuild.data.steps.step import DatasetStep
from mlbuild.data.table import Table
from mlbuild.diagnostics import Failure, Problem, Rejected
from mlbuild.params import Json, TaggedUnion, read

_FILES = itertools.count()
SOURCE = TaggedUnion("type", SOURCES, "source")
STEP = TaggedUnion("op", DATASET_STEPS, "dataset_step")
SPLIT = TaggedUnion("type", SPLITS, "split")
FOLD = TaggedUnion("type", FOLDS, "folds")


def contract(columns: Mapping[str, Any], **more: Any) -> Contract:
    return read(CONTRACT, {"columns": columns, **more})


def table(columns: Mapping[str, Any], file: str | None = None, **more: Any) -> Table:
    """Return the table of a source with such a contract, on its own file unless one is named."""
    made = contract(columns, **more)
    return made.table(file or f"file{next(_FILES)}", ("contracts", "c"))


def step(**definition: Any) -> DatasetStep:
    """Return a dataset step; `with_` means `with`."""
    made: DatasetStep = STEP.read({key.rstrip("_"): value for key, value in definition.items()})
    return made


def split(**definition: Any) -> Split:
    made: Split = SPLIT.read(definition)
    return made


def folds(**definition: Any) -> Folds:
    made: Folds = FOLD.read(definition)
    return made


def read_file(
    file: Path, columns: Mapping[str, Any], content: str | bytes | pl.DataFrame, **options: Any
) -> tuple[pl.DataFrame, list[Fault]]:
    """Write `content` and read it as a source with such columns."""
    if isinstance(content, pl.DataFrame):
        content.write_parquet(file)
    else:
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    source = SOURCE.read({"type": file.suffix[1:], "path": file.name, "contract": "c", **options})
    rows, faults = source.format.read(file, contract(columns).columns)
    return rows, faults


def told(problems: Any) -> list[tuple[str, tuple[str | int, ...]]]:
    """Return message and path of each problem."""
    return [(problem.message, problem.at) for problem in problems]


def rejected(step: DatasetStep, here: Table, **others: Table) -> tuple[Problem, ...]:
    """Return the problems with which a step is refused."""
    with pytest.raises(Rejected) as caught:
        step.infer(here, others)
    return caught.value.problems


def run(
    step: DatasetStep, here: Table, rows: pl.DataFrame, **others: tuple[Table, pl.DataFrame]
) -> pl.DataFrame:
    """Return the rows that a step produces, computed as by a task from canonical JSON."""
    return reported(step, here, rows, **others)[0]


def reported(
    step: DatasetStep, here: Table, rows: pl.DataFrame, **others: tuple[Table, pl.DataFrame]
) -> tuple[pl.DataFrame, Json]:
    """Return the rows that a step produces, and what the report of a dataset says of the step."""
    slots = {name: f"slot{index}" for index, name in enumerate(others)}
    canonical = STEP.read(step.canonical(here, slots))
    report = Report()
    made = apply_steps(
        [canonical], rows, {slots[name]: frame for name, (_, frame) in others.items()}, [], report
    )
    return made, report.steps[0]


def failure_of(caught: Any) -> Failure:
    failure: Failure = caught.value.failure
    return failure
