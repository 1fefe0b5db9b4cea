"""The learner `sklearn.poisson`."""

from __future__ import annotations

from mlbuild.frozen import frozen

from typing import TYPE_CHECKING, Any

from mlbuild.models.answers.count import Count

from mlbuild.lowering.graph import Graph, Tensor
from mlbuild.models.sklearn.linear import Linear
from mlbuild.params import INT32, Boolean, Integer, Number, field

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


@frozen
class Poisson(Linear):
    """Poisson regression: a linear model of the logarithm of the expected number of events."""

    type = "sklearn.poisson"
    answer = Count

    alpha: float = field(Number(min=0), "Regularization strength.", default=1.0)
    fit_intercept: bool = field(Boolean(), "Fit an intercept.", default=True)
    max_iter: int = field(Integer(min=1, max=INT32), "Maximum number of iterations.", default=100)

    def estimator(self, seed: int) -> Any:
        from sklearn import linear_model

        return linear_model.PoissonRegressor(solver="newton-cholesky", **self.values)

    def scale(self, width: int) -> str:
        return "log of the score"

    def link(self, fitted: bytes, sums: Array) -> Array:
        import numpy as np

        with np.errstate(all="ignore"):
            powers: Array = np.exp(sums)
        return powers

    def lower_link(self, graph: Graph, sums: Tensor, width: int) -> Tensor:
        return graph.call("Exp", sums)
