"""The input of a learner: one request, which the pipeline creates and every learner understands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlbuild.columns import Schema
from mlbuild.frozen import frozen
from mlbuild.progress import Report, silent

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    Array = np.ndarray[Any, Any]


@frozen
class Rows:
    """The matrix in the form that a learner gets.

    `features` contains polars columns of dtype bool, int, float, category (Float64 codes from 1) and vector
    (Array(Float64, width)). Missing values are null.
    """

    features: pl.DataFrame
    schema: Schema


@frozen
class EarlyStopping:
    """Stop when `metric` (a name in the catalogue of metrics) on the held-out rows has not improved for `rounds`
    rounds.
    """

    rows: Rows
    target: Array
    rounds: int
    metric: str


@frozen
class Training:
    """A request to learn from training rows. The result depends on everything here except `threads` and `progress`.

    `target` is coded by the learner's answer, with this number of `classes` (0: none). If there are `bins`, a file
    that the learner's `bin` wrote, `rows` contains only the schema.
    """

    rows: Rows
    target: Array
    classes: int = 0
    weight: Array | None = None
    seed: int = 0
    threads: int = 1
    stopping: EarlyStopping | None = None
    bins: Path | None = None
    progress: Report = silent
