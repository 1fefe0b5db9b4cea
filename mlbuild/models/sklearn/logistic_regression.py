"""The learner `sklearn.logistic_regression`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from mlbuild.columns import ColumnType, Schema
from mlbuild.diagnostics import Problem
from mlbuild.lowering.graph import Graph, Tensor
from mlbuild.lowering.value import Value
from mlbuild.models.learner import EarlyStopping, Learner, Rows, Task
from mlbuild.models.matrix import lowered, matrix
from mlbuild.models.sklearn.linear import LinearForm, fit_form
from mlbuild.models.suitability import check_columns
from mlbuild.params import INT32, Boolean, Choice, Integer, Json, Number, field

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class LogisticRegression(Learner):
    """Linear model of the log-odds of two or more classes."""

    type: ClassVar[str] = "sklearn.logistic_regression"
    discriminator = ("type", type)
    task: ClassVar[Task] = "classification"
    accepts: ClassVar[frozenset[str]] = frozenset({"vector"})
    libraries: ClassVar[tuple[str, ...]] = ("scikit-learn", "scipy", "numpy")

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

    def infer(self, features: Schema, target: ColumnType) -> None:
        check_columns(self, features, target)

    def fit(
        self,
        rows: Rows,
        *,
        classes: int,
        seed: int,
        threads: int,
        early_stopping: EarlyStopping | None = None,
        bins: Path | None = None,
    ) -> bytes:
        from sklearn import linear_model

        model = linear_model.LogisticRegression(
            C=self.C,
            l1_ratio=self.l1_ratio,
            fit_intercept=self.fit_intercept,
            class_weight=self.class_weight,
            solver=self.solver,
            tol=self.tol,
            max_iter=self.max_iter,
            random_state=seed,
        )
        return fit_form(model, rows, classes).to_bytes()

    def predict(self, fitted: bytes, rows: Rows, threads: int) -> np.ndarray[Any, Any]:
        """Two classes: 1 / (1 + exp(-score)); more: the softmax of the scores."""
        import numpy as np

        scores = LinearForm.from_bytes(fitted).scores(matrix(rows))
        with np.errstate(all="ignore"):
            if scores.shape[1] == 1:
                positive = 1.0 / (1.0 + np.exp(-scores))
                return np.hstack([1.0 - positive, positive])
            powers = np.exp(scores - scores.max(axis=1, keepdims=True))
            probabilities: np.ndarray[Any, Any] = powers / powers.sum(axis=1, keepdims=True)
            return probabilities

    def lower(self, fitted: bytes, graph: Graph, features: Mapping[str, Value], schema: Schema) -> Tensor:
        form = LinearForm.from_bytes(fitted)
        scores = form.lower(graph, lowered(graph, features, schema))
        if len(form.intercepts) > 1:
            return graph.call("Softmax", scores, axis=1)
        one = graph.constant(1.0)
        positive = graph.call(
            "Div", one, graph.call("Add", one, graph.call("Exp", graph.call("Neg", scores)))
        )
        return graph.call("Concat", graph.call("Sub", one, positive), positive, axis=1)

    def describe(self, fitted: bytes) -> Json:
        return LinearForm.from_bytes(fitted).describe()
