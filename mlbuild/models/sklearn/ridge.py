"""The learner `sklearn.ridge`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mlbuild.diagnostics import Problem
from mlbuild.frozen import frozen
from mlbuild.models.sklearn.linear import LinearRegressor
from mlbuild.params import INT32, Boolean, Choice, Integer, Number, field

#: The iterative solvers, which have a tolerance and a limit.
_ITERATIVE = ("lsqr", "sparse_cg", "lbfgs")


@frozen
class Ridge(LinearRegressor):
    """Ridge regression: least squares with L2 regularization.

    The penalty depends on the scale of the features, so scale them with `standard` first.
    """

    type = "sklearn.ridge"

    alpha: float = field(
        Number(min=0),
        "Regularization strength: larger values regularize more; 0 is ordinary least squares.",
        default=1.0,
    )
    fit_intercept: bool = field(Boolean(), "Fit an intercept, which is not regularized.", default=True)
    positive: bool = field(Boolean(), "Force the coefficients to be non-negative.", default=False)
    solver: str = field(
        Choice(
            {
                "auto": "`lbfgs` if `positive`, else `cholesky`",
                "cholesky": "closed-form solution of the normal equations",
                "svd": "singular value decomposition; the most stable for collinear features",
                "lsqr": "regularized least squares, iterative; the fastest",
                "sparse_cg": "conjugate gradient, iterative; for many features",
                "lbfgs": "quasi-Newton; for `positive` only",
            }
        ),
        "Optimization algorithm.",
        default="auto",
    )
    tol: float = field(
        Number(min=0), "Tolerance of the stopping criterion of an iterative solver.", default=1e-4
    )
    max_iter: int | None = field(
        Integer(min=1, max=INT32),
        "Maximum number of iterations of an iterative solver. Default: chosen by the solver.",
        default=None,
        examples=(1000,),
    )

    def check(self) -> Iterator[Problem]:
        solver = self.solver
        if solver == "auto":
            solver = "lbfgs" if self.positive else "cholesky"
        if self.positive != (solver == "lbfgs"):
            does = "does not support 'positive'" if self.positive else "only works with 'positive: true'"
            yield Problem("contradiction", f"'solver: {solver}' {does}", ("solver",), help="remove 'solver'")
        if solver not in _ITERATIVE:
            for name, given in (("tol", self.tol != 1e-4), ("max_iter", self.max_iter is not None)):
                if given:
                    message = f"'{name}' has no effect with 'solver: {solver}', which does not iterate"
                    yield Problem("no-effect", message, (name,), on="key")

    def estimator(self, seed: int) -> Any:
        from sklearn import linear_model

        return linear_model.Ridge(**self.values)
