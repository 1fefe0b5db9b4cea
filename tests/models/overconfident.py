"""A learner that is right but not calibrated, as a naive Bayes classifier is."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlbuild.lowering.graph import Graph, Tensor
from mlbuild.models.sklearn.logistic_regression import LogisticRegression

Array = np.ndarray[Any, Any]
#: It counts everything that it knows this many times.
_TIMES = 50.0


class Overconfident(LogisticRegression):
    """Its classes are those of logistic regression, but its probabilities are too close to 0 and 1."""

    def link(self, fitted: bytes, sums: Array) -> Array:
        return super().link(fitted, sums * _TIMES)

    def lower_link(self, graph: Graph, sums: Tensor, width: int) -> Tensor:
        return super().lower_link(graph, graph.call("Mul", sums, graph.constant(_TIMES)), width)
