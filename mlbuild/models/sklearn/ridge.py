"""The learner `sklearn.ridge`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mlbuild.diagnostics import Problem
from mlbuild.models.sklearn.linear import LinearRegressor
from mlbuild.params import INT32, Boolean, Choice, Integer, Number, field

#: The solvers that iterate, and so have a tolerance and a limit.
_ITERATIVE = ("lsqr", "sparse_cg", "lbfgs")


@dataclass(frozen=True)
class Ridge(LinearRegressor):
    """Least squares with an L2 penalty on the coefficients.

    The penalty shrinks coefficients by their size, so put all features on one scale with `standard` first.
    """

    type = "sklearn.ridge"

    alpha: float = field(
        Number(min=0),
        "Strength of the L2 penalty: larger values regularize more, 0 is ordinary least squares.",
        default=1.0,
    )
    fit_intercept: bool = field(
        Boolean(), "Add a constant to the linear model; it is not penalized.", default=True
    )
    positive: bool = field(Boolean(), "Keep all coefficients at or above zero.", default=False)
    solver: str = field(
        Choice(
            {
                "auto": "`lbfgs` with `positive`, else `cholesky`",
                "cholesky": "closed form, by the normal equations",
                "svd": "singular value decomposition, the most stable for singular features",
                "lsqr": "iterative regularized least squares, the fastest",
                "sparse_cg": "iterative conjugate gradient, for many features",
                "lbfgs": "quasi-Newton, for `positive` only",
            }
        ),
        "How the minimum is found.",
        default="auto",
    )
    tol: float = field(Number(min=0), "Tolerance at which an iterative solver stops.", default=1e-4)
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
            does = "works only with 'positive: true'" if not self.positive else "has no 'positive'"
            yield Problem(
                "contradiction", f"'solver: {solver}' {does}", ("solver",), help="leave 'solver' out"
            )
        if solver not in _ITERATIVE:
            for name, given in (("tol", self.tol != 1e-4), ("max_iter", self.max_iter is not None)):
                if given:
                    message = f"'{name}' has no effect with 'solver: {solver}', which does not iterate"
                    yield Problem("no-effect", message, (name,), on="key")

    def estimator(self, seed: int) -> Any:
        from sklearn import linear_model

        return linear_model.Ridge(**self.values)
