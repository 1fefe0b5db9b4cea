"""The learner `sklearn.logistic_regression`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mlbuild.diagnostics import Problem
from mlbuild.frozen import frozen
from mlbuild.models.sklearn.linear import LinearClassifier
from mlbuild.params import INT32, Boolean, Choice, Integer, Number, field


@frozen
class LogisticRegression(LinearClassifier):
    """Logistic regression for two or more classes."""

    type = "sklearn.logistic_regression"

    C: float = field(
        Number(above=0),
        "Inverse of the regularization strength: smaller values regularize more; `1e12` effectively turns it off.",
        default=1.0,
    )
    l1_ratio: float = field(
        Number(min=0, max=1),
        "Elastic-net mixing: 0 is an L2 penalty, 1 an L1 penalty, values in between mix both.",
        default=0.0,
    )
    fit_intercept: bool = field(Boolean(), "Fit an intercept.", default=True)
    class_weight: str | None = field(
        Choice({"balanced": "weight rows inversely to the frequency of their class"}),
        "Weights of the classes. Default: all rows have the same weight.",
        default=None,
    )
    solver: str = field(
        Choice(
            {
                "lbfgs": "quasi-Newton; L2 only",
                "newton-cholesky": "Newton; L2 only; for many rows and few features",
                "saga": "stochastic average gradient; any penalty",
            }
        ),
        "Optimization algorithm.",
        default="lbfgs",
    )
    tol: float = field(Number(above=0), "Tolerance of the stopping criterion.", default=1e-4)
    max_iter: int = field(
        Integer(min=1, max=INT32), "Maximum number of iterations of the solver.", default=100
    )

    def check(self) -> Iterator[Problem]:
        if self.l1_ratio > 0 and self.solver != "saga":
            yield Problem(
                "contradiction",
                f"'solver: {self.solver}' does not support an L1 penalty, which 'l1_ratio' requires",
                ("l1_ratio",),
                help="write 'solver: saga'",
            )

    def estimator(self, seed: int) -> Any:
        from sklearn import linear_model

        return linear_model.LogisticRegression(**self.values, random_state=seed)
