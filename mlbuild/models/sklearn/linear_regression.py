"""The learner `sklearn.linear_regression`."""

from __future__ import annotations

from typing import Any

from mlbuild.frozen import frozen
from mlbuild.models.sklearn.linear import LinearRegressor
from mlbuild.params import Boolean, field


@frozen
class LinearRegression(LinearRegressor):
    """Ordinary least squares regression."""

    type = "sklearn.linear_regression"

    fit_intercept: bool = field(Boolean(), "Fit an intercept.", default=True)
    positive: bool = field(Boolean(), "Force the coefficients to be non-negative.", default=False)

    def estimator(self, seed: int) -> Any:
        from sklearn import linear_model

        return linear_model.LinearRegression(**self.values)
