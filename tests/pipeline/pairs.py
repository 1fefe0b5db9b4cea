"""An answer for tests: two numbers, with its own learner and metric. Its coded target and its scores are wide."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from mlbuild.frozen import frozen
from mlbuild.lowering.graph import Graph, Tensor
from mlbuild.models.answers.answer import Answer, Coding, ModelOutput
from mlbuild.models.answers.regression import Regression
from mlbuild.models.metrics.metric import RowMean
from mlbuild.models.sklearn.linear import Linear
from mlbuild.params import Boolean, Name, field

Array = np.ndarray[Any, Any]


@frozen
class Pair(Answer):
    """Predict two numbers, such as a latitude and a longitude. The coded target is float64 [N, 2], as are the scores."""

    kind = "pair"
    dtypes = ("int", "float")
    otherwise = "derive a number from it"
    cases = {"two numbers": 0}
    loss = "mean_squared_distance"

    second: str = field(Name("column"), "Column with the second number.")

    def columns(self) -> tuple[str, ...]:
        return (self.column, self.second)

    @classmethod
    def default_metrics(cls, classes: int | None) -> tuple[str, ...]:
        return ("mean_squared_distance",)

    def coded(self, rows: pl.DataFrame, coding: Coding, where: str) -> Array:
        self.present(rows, where)
        return rows.select(pl.col(self.columns()).cast(pl.Float64)).to_numpy()

    @classmethod
    def check_train(cls, target: Array, classes: int) -> None:
        Regression.check_train(target, classes)

    @classmethod
    def constants(cls, target: Array, classes: int) -> Array:
        means: Array = target.mean(axis=0, keepdims=True)
        return means

    @classmethod
    def outputs(cls, coding: Coding) -> tuple[ModelOutput, ...]:
        return (ModelOutput("one", "double"), ModelOutput("other", "double"))

    @classmethod
    def apply(cls, scores: Array, coding: Coding) -> dict[str, Array]:
        return {"one": scores[:, :1], "other": scores[:, 1:]}

    @classmethod
    def lower(cls, graph: Graph, scores: Tensor, coding: Coding) -> dict[str, Tensor]:
        places = {name: graph.constant([place], "int64") for place, name in enumerate(cls.names())}
        return {
            name: graph.call("Gather", scores, place, axis=1, element="double")
            for name, place in places.items()
        }


@frozen
class LinearPair(Linear):
    """Least squares for each of the two numbers."""

    type = "test.linear_pair"
    answer = Pair

    positive: bool = field(Boolean(), "Keep all coefficients at or above zero.", default=False)

    def estimator(self, seed: int) -> Any:
        from sklearn import linear_model

        return linear_model.LinearRegression(**self.values)


@frozen
class MeanSquaredDistance(RowMean):
    """Mean of the squared distances between predicted and true points."""

    metric = "mean_squared_distance"
    answer = Pair
    low = 0
    high = np.inf
    best = 0

    def each(self, target: Array, scores: Array) -> Array:
        distances: Array = ((target - scores) ** 2).sum(axis=1)
        return distances
