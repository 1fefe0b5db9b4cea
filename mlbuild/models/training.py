"""What a learner is asked to learn from: one request, made by the pipeline and read by every learner."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlbuild.columns import Schema

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Rows:
    """The matrix as a learner gets it.

    `features` holds polars columns of dtype bool, int, float, category (Float64 codes from 1) and vector
    (Array(Float64, width)); missing is null.
    """

    features: pl.DataFrame
    schema: Schema


@dataclass(frozen=True)
class EarlyStopping:
    """Stop when `metric` (a name of the metrics catalogue) on the held-out rows has not improved for `rounds`."""

    rows: Rows
    target: Array
    rounds: int
    metric: str


@dataclass(frozen=True)
class Training:
    """A request to learn from train rows: what is learned depends on all of it but `threads`.

    `target` is coded as the learner's answer codes it, with this number of `classes` (0: none). With `bins`, a file
    that the learner's `bin` wrote, `rows` has the schema only.
    """

    rows: Rows
    target: Array
    classes: int = 0
    weight: Array | None = None
    seed: int = 0
    threads: int = 1
    stopping: EarlyStopping | None = None
    bins: Path | None = None
