"""The learner `sklearn.logistic_regression`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from mlbuild.models.learner import Learner, Task
from mlbuild.params import Boolean, Choice, Integer, Number, field


@dataclass(frozen=True)
class LogisticRegression(Learner):
    """Linear model of the log-odds of two or more classes."""

    type: ClassVar[str] = "sklearn.logistic_regression"
    discriminator = ("type", type)
    task: ClassVar[Task] = "classification"
    accepts: ClassVar[frozenset[str]] = frozenset({"vector"})
    libraries: ClassVar[tuple[str, ...]] = ("scikit-learn", "scipy", "numpy")

    C: float = field(Number(above=0), "Inverse of the strength of the penalty.", default=1.0)
    l1_ratio: float = field(
        Number(min=0, max=1), "The share of L1 in the penalty: 0 is L2, 1 is L1.", default=0.0
    )
    fit_intercept: bool = field(Boolean(), "Add a constant.", default=True)
    class_weight: Any = field(
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
    tol: float = field(Number(above=0), "When the solver stops.", default=1e-4)
    max_iter: int = field(Integer(min=1), "The most iterations of the solver.", default=100)
