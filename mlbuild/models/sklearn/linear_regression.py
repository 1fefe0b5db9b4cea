"""The learner `sklearn.linear_regression`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from mlbuild.columns import ColumnType, Schema
from mlbuild.lowering.graph import Graph, Tensor
from mlbuild.lowering.value import Value
from mlbuild.models.learner import EarlyStopping, Learner, Rows, Task
from mlbuild.models.matrix import lowered, matrix
from mlbuild.models.sklearn.linear import LinearForm, fit_form
from mlbuild.models.suitability import check_columns
from mlbuild.params import Boolean, Json, field

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class LinearRegression(Learner):
    """Ordinary least squares."""

    type: ClassVar[str] = "sklearn.linear_regression"
    discriminator = ("type", type)
    task: ClassVar[Task] = "regression"
    accepts: ClassVar[frozenset[str]] = frozenset({"vector"})
    libraries: ClassVar[tuple[str, ...]] = ("scikit-learn", "scipy", "numpy")

    fit_intercept: bool = field(Boolean(), "Add a constant to the linear model.", default=True)
    positive: bool = field(Boolean(), "Keep all coefficients at or above zero.", default=False)

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

        model = linear_model.LinearRegression(fit_intercept=self.fit_intercept, positive=self.positive)
        return fit_form(model, rows, classes).to_bytes()

    def predict(self, fitted: bytes, rows: Rows, threads: int) -> np.ndarray[Any, Any]:
        return LinearForm.from_bytes(fitted).scores(matrix(rows))

    def lower(self, fitted: bytes, graph: Graph, features: Mapping[str, Value], schema: Schema) -> Tensor:
        return LinearForm.from_bytes(fitted).lower(graph, lowered(graph, features, schema))

    def describe(self, fitted: bytes) -> Json:
        return LinearForm.from_bytes(fitted).describe()
