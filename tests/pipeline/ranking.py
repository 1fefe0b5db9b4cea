"""An answer for tests: the order of rows within groups, with its own learner.

`run(...)` is the command line with these in the catalogues, for a separate process.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

import mlbuild.models
from mlbuild.diagnostics import data_failure
from mlbuild.frozen import frozen
from mlbuild.lowering.graph import Graph, Tensor
from mlbuild.models.answers.answer import Answer, Coding, ModelOutput
from mlbuild.models.sklearn.linear import Linear
from mlbuild.models.sklearn.linear_form import fit_form
from mlbuild.models.suitability import check_rows
from mlbuild.models.training import Training
from mlbuild.params import Boolean, ListOf, Name, field

Array = np.ndarray[Any, Any]


@frozen
class Ranking(Answer):
    """Predict how relevant a row is compared to others in its group.

    The coded target is float64 [N, 2]: the grade, and the number of the group. Scores are [N, 1].
    """

    kind = "ranking"
    dtypes = ("int",)
    otherwise = "grade relevance with whole numbers from 0"
    cases = {"a ranking": 0}
    loss = "ndcg"
    orders = True

    group: tuple[str, ...] = field(
        ListOf(Name("column"), or_one=True, min_items=1),
        "Columns whose equal values make a group of rows to order.",
    )

    def columns(self) -> tuple[str, ...]:
        return (self.column, *self.group)

    @classmethod
    def default_metrics(cls, classes: int | None) -> tuple[str, ...]:
        return ("ndcg",)

    def coded(self, rows: pl.DataFrame, coding: Coding, where: str) -> Array:
        self.present(rows, where)
        groups = rows.select(pl.struct(self.group).rank("dense").cast(pl.Float64)).to_series()
        return np.column_stack([rows[self.column].cast(pl.Float64), groups])

    @classmethod
    def check_train(cls, target: Array, classes: int) -> None:
        if np.ptp(_centred(target)) == 0:
            raise data_failure("no group of training rows has two grades, so there is nothing to order")

    @classmethod
    def constants(cls, target: Array, classes: int) -> Array:
        return np.zeros((1, 1))

    @classmethod
    def outputs(cls, coding: Coding) -> tuple[ModelOutput, ...]:
        return (ModelOutput("score", "double"),)

    @classmethod
    def apply(cls, scores: Array, coding: Coding) -> dict[str, Array]:
        return {"score": scores}

    @classmethod
    def lower(cls, graph: Graph, scores: Tensor, coding: Coding) -> dict[str, Tensor]:
        return {"score": scores}


@frozen
class LinearRanker(Linear):
    """Least squares on the grades minus the mean of their group."""

    type = "test.linear_ranker"
    answer = Ranking

    positive: bool = field(Boolean(), "Keep all coefficients at or above zero.", default=False)

    def estimator(self, seed: int) -> Any:
        from sklearn import linear_model

        return linear_model.LinearRegression(**self.values)

    def fit(self, training: Training) -> bytes:
        check_rows(self.answer, training)
        centred = replace(training, target=_centred(training.target))
        return fit_form(self.estimator(training.seed), centred).to_bytes()


def _centred(target: Array) -> Array:
    grades, groups = target[:, 0], target[:, 1].astype(np.int64)
    sums, counts = np.bincount(groups, grades), np.bincount(groups)
    centred: Array = grades - (sums / np.maximum(counts, 1))[groups]
    return centred


def run(*words: str) -> None:
    """Add these to the catalogues before anything has read them, and run a command."""
    mlbuild.models.ANSWERS += (Ranking,)
    mlbuild.models.LEARNERS.add(LinearRanker.type, "tests.pipeline.ranking.LinearRanker")
    from mlbuild.cli.main import main

    sys.exit(main([*words]))
