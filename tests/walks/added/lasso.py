"""The learner `sklearn.lasso`."""

from __future__ import annotations

from mlbuild.frozen import frozen

from typing import Any

from mlbuild.models.sklearn.linear import LinearRegressor
from mlbuild.params import INT32, Boolean, Integer, Number, field


@frozen
class Lasso(LinearRegressor):
    """Least squares with L1 regularization, which sets the coefficients of some features to zero.

    The penalty depends on the scale of the features, so scale them with `standard` first.
    """

    type = "sklearn.lasso"

    alpha: float = field(
        Number(above=0), "Regularization strength: larger values set more coefficients to 0.", default=1.0
    )
    fit_intercept: bool = field(Boolean(), "Fit an intercept, which is not regularized.", default=True)
    positive: bool = field(Boolean(), "Force the coefficients to be non-negative.", default=False)
    tol: float = field(Number(min=0), "Tolerance of the stopping criterion.", default=1e-4)
    max_iter: int = field(Integer(min=1, max=INT32), "Maximum number of iterations.", default=1000)

    def estimator(self, seed: int) -> Any:
        from sklearn import linear_model

        return linear_model.Lasso(**self.values)
