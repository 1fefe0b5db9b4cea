"""The learner `sklearn.logistic_regression`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mlbuild.diagnostics import Problem
from mlbuild.models.sklearn.linear import LinearClassifier
from mlbuild.params import INT32, Boolean, Choice, Integer, Number, field


@dataclass(frozen=True)
class LogisticRegression(LinearClassifier):
    """Linear model of the log-odds of two or more classes."""

    type = "sklearn.logistic_regression"

    C: float = field(
        Number(above=0),
        "The inverse of the strength of the penalty: smaller values regularize more, `1e12` as good as not at all.",
        default=1.0,
    )
    l1_ratio: float = field(
        Number(min=0, max=1), "The share of L1 in the penalty: 0 is L2, 1 is L1.", default=0.0
    )
    fit_intercept: bool = field(Boolean(), "Add a constant to the linear model.", default=True)
    class_weight: str | None = field(
        Choice({"balanced": "weigh rows by the rarity of their class"}),
        "How rows are weighed. Default: all alike.",
        default=None,
    )
    solver: str = field(
        Choice(
            {
                "lbfgs": "quasi-Newton, for L2",
                "newton-cholesky": "Newton, for L2, many rows and few features",
                "saga": "stochastic, for any penalty",
            }
        ),
        "How the minimum is found.",
        default="lbfgs",
    )
    tol: float = field(Number(above=0), "The tolerance at which the solver stops.", default=1e-4)
    max_iter: int = field(Integer(min=1, max=INT32), "The most iterations of the solver.", default=100)

    def check(self) -> Iterator[Problem]:
        if self.l1_ratio > 0 and self.solver != "saga":
            yield Problem(
                "contradiction",
                f"'solver: {self.solver}' has no L1 penalty, which 'l1_ratio' asks for",
                ("l1_ratio",),
                help="write 'solver: saga'",
            )

    def estimator(self, seed: int) -> Any:
        from sklearn import linear_model

        return linear_model.LogisticRegression(**self.values, random_state=seed)
