"""The base classes of scikit-learn's linear models. Such a learner consists of its fields and its `estimator`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mlbuild.columns import ColumnType, Schema
from mlbuild.frozen import frozen
from mlbuild.lowering.graph import Graph, Tensor
from mlbuild.lowering.value import Value
from mlbuild.models.answers.answer import Coding
from mlbuild.models.answers.classification import Classification
from mlbuild.models.answers.regression import Regression
from mlbuild.models.contributions import Contributions
from mlbuild.models.learner import Learner
from mlbuild.models.matrix import lowered, matrix
from mlbuild.models.sklearn.linear_form import LinearForm, fit_form
from mlbuild.models.suitability import check_columns, check_rows
from mlbuild.models.training import Rows, Training
from mlbuild.params import Json, params_of

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

_SEED = "the top-level 'seed' sets it"


@frozen
class Linear(Learner):
    """A linear model. mlbuild computes predictions from the coefficients that scikit-learn finds."""

    accepts = frozenset({"vector"})
    explains = True
    libraries = ("scikit-learn", "scipy", "numpy")
    refused = {
        "random_state": _SEED,
        "n_jobs": "linear models are fitted on one thread, so that the result does not depend on the number of threads",
        "verbose": "training prints no output",
        "warm_start": "every training starts from scratch",
        "copy_X": "it does not change the result",
    }

    @classmethod
    def load(cls) -> None:
        import sklearn.linear_model  # noqa: F401  # so that forked processes have it

    def estimator(self, seed: int) -> Any:
        """Return the scikit-learn estimator to fit, with the fields as its parameters."""
        raise NotImplementedError

    @property
    def values(self) -> dict[str, Any]:
        """Return the fields by scikit-learn's names."""
        values = self.values_by_field()
        return {key: values[param.name] for key, param in params_of(type(self)).items()}

    def scale(self, width: int) -> str:
        """Describe what this many sums are."""
        return "score"

    def link(self, fitted: bytes, sums: Array) -> Array:
        return sums

    def lower_link(self, graph: Graph, sums: Tensor, width: int) -> Tensor:
        """Convert the sums of the linear form to scores in the graph."""
        return sums

    def infer(self, features: Schema, target: ColumnType) -> None:
        check_columns(self, features, target)

    def fit(self, training: Training) -> bytes:
        check_rows(self.answer, training)
        return fit_form(self.estimator(training.seed), training).to_bytes()

    def predict(self, fitted: bytes, rows: Rows, threads: int) -> Array:
        return self.link(fitted, LinearForm.from_bytes(fitted).sums(matrix(rows)))

    def contributions(self, fitted: bytes, rows: Rows) -> Contributions:
        form = LinearForm.from_bytes(fitted)
        return form.contributions(matrix(rows), self.scale(len(form.intercepts)))

    def lower(self, fitted: bytes, graph: Graph, features: Mapping[str, Value], schema: Schema) -> Tensor:
        form = LinearForm.from_bytes(fitted)
        sums = form.lower(graph, lowered(graph, features, schema))
        return self.lower_link(graph, sums, len(form.intercepts))

    def describe(self, fitted: bytes, columns: Sequence[str], coding: Coding) -> Json:
        return LinearForm.from_bytes(fitted).describe(columns, self.answer.score_names(coding))


@frozen
class LinearRegressor(Linear):
    """A linear model whose sum is the prediction."""

    answer = Regression


@frozen
class LinearClassifier(Linear):
    """A linear model of log-odds: of the second of two classes, or of each of several classes."""

    answer = Classification

    def scale(self, width: int) -> str:
        return "log-odds" if width == 1 else "logits"

    def link(self, fitted: bytes, sums: Array) -> Array:
        """Two classes: 1 / (1 + exp(-sum)). More classes: the softmax of the sums."""
        import numpy as np

        with np.errstate(all="ignore"):
            if sums.shape[1] == 1:
                positive = 1.0 / (1.0 + np.exp(-sums))
                return np.hstack([1.0 - positive, positive])
            powers = np.exp(sums - sums.max(axis=1, keepdims=True))
            probabilities: Array = powers / powers.sum(axis=1, keepdims=True)
            return probabilities

    def lower_link(self, graph: Graph, sums: Tensor, width: int) -> Tensor:
        if width > 1:
            return graph.call("Softmax", sums, axis=1)
        one = graph.constant(1.0)
        power = graph.call("Exp", graph.call("Neg", sums))
        positive = graph.call("Div", one, graph.call("Add", one, power))
        return graph.call("Concat", graph.call("Sub", one, positive), positive, axis=1)
