"""A linear form of the features: fitted by scikit-learn, computed by mlbuild, with the same order of additions in
ONNX.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from mlbuild.diagnostics import Failed, data_failure
from mlbuild.frozen import frozen
from mlbuild.kinds import Json
from mlbuild.lowering.graph import Graph, Tensor
from mlbuild.models.contributions import Contributions
from mlbuild.models.matrix import matrix
from mlbuild.models.training import Rows, Training

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

#: The maximum number of coefficients that are reported for a model, and the minimum for each sum.
_MOST_TOLD, _FEWEST_TOLD = 2_000, 50
#: Products of features below this bound do not overflow.
_LARGE = 1e100


@frozen
class LinearForm:
    """A row of coefficients and an intercept for each sum, and how the solver ended.

    `means` are those of the features in the training rows.
    """

    coefficients: list[list[float]]
    intercepts: list[float]
    means: list[float]
    iterations: int | None = None
    converged: bool = True

    def to_bytes(self) -> bytes:
        """Serialize as canonical JSON. Numbers are written so that reading gives exactly the same values."""
        return json.dumps(asdict(self), sort_keys=True, allow_nan=False).encode()

    @staticmethod
    def from_bytes(fitted: bytes) -> LinearForm:
        return LinearForm(**json.loads(fitted))

    def sums(self, features: Array) -> Array:
        """Compute the sums, [N, width]. Products are added from the first feature to the last, then the intercept.

        A matrix product may add in another order, which would show if large terms cancel.
        """
        import numpy as np

        sums = np.empty((len(features), len(self.intercepts)))
        with np.errstate(all="ignore"):
            for index, (row, intercept) in enumerate(zip(self.coefficients, self.intercepts, strict=True)):
                total = features[:, 0] * row[0]
                for place in range(1, len(row)):
                    total += features[:, place] * row[place]
                sums[:, index] = total + intercept
        return sums

    def contributions(self, features: Array, scale: str) -> Contributions:
        """Compare each feature with its mean: the coefficient times the difference."""
        import numpy as np

        means = np.array([self.means])
        with np.errstate(all="ignore"):
            values = (features - means)[:, None, :] * np.array(self.coefficients)
        return Contributions(values, self.sums(means)[0], scale)

    def lower(self, graph: Graph, features: Tensor) -> Tensor:
        """Do the same in the graph. CumSum is the only operator that adds in a known order."""
        axis = graph.constant(1, "int64")
        last = graph.constant([-1], "int64")
        sums = []
        for row in self.coefficients:
            terms = graph.call("Mul", features, graph.constant([row]))
            running = graph.call("CumSum", terms, axis, element="double")
            sums.append(graph.call("Gather", running, last, axis=1, element="double"))
        total = sums[0] if len(sums) == 1 else graph.call("Concat", *sums, axis=1)
        return graph.call("Add", total, graph.constant([self.intercepts]))

    def describe(self, columns: Sequence[str], sums: Sequence[str]) -> Json:
        """Return the numbers by column name and, if there are several sums, by their names; and how the solver ended."""
        told: Json = {} if self.iterations is None else {"iterations": self.iterations}
        if not self.converged:
            told["note"] = (
                f"the solver did not converge in {self.iterations} iterations;"
                " raise 'max_iter', or scale the features with 'standard'"
            )
        if len(self.intercepts) == 1:
            return told | {"intercept": self.intercepts[0], "coefficients": self._named(0, columns)}
        return told | {
            "intercept": dict(zip(sums, self.intercepts, strict=True)),
            "coefficients": {name: self._named(place, columns) for place, name in enumerate(sums)},
        }

    def _named(self, place: int, columns: Sequence[str]) -> dict[str, float]:
        """Return the coefficients of a sum.

        If there are too many, only the largest, in the order of the columns.
        """
        row = self.coefficients[place]
        most = max(_MOST_TOLD // len(self.coefficients), _FEWEST_TOLD)
        smallest = sorted(map(abs, row), reverse=True)[most - 1] if len(row) > most else 0.0
        return {
            name: value
            for name, value in zip(columns, row, strict=True)
            if len(row) <= most or abs(value) >= smallest
        }


def fit_form(model: Any, training: Training) -> LinearForm:
    """Fit a linear model of scikit-learn in float64, with one thread, because more would change the last bits.

    Raises:
        Failed: Nothing can be learned from the rows.
    """
    import numpy as np
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits

    features = _train_matrix(training.rows)
    with threadpool_limits(1), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            model.fit(features, training.target, sample_weight=training.weight)
        except (ValueError, np.linalg.LinAlgError):
            if np.abs(features).max() < _LARGE:
                raise
            raise _too_large() from None
    coefficients = np.atleast_2d(model.coef_)
    intercepts = np.broadcast_to(model.intercept_, len(coefficients))
    with np.errstate(over="ignore"):
        means = features.mean(axis=0)
    if not all(np.isfinite(one).all() for one in (coefficients, intercepts, means)):
        raise _too_large()
    rounds = getattr(model, "n_iter_", None)  # also None if a solver does not iterate
    iterations = None if rounds is None else int(np.max(rounds))
    converged = not any(issubclass(warning.category, ConvergenceWarning) for warning in caught)
    return LinearForm(coefficients.tolist(), intercepts.tolist(), means.tolist(), iterations, converged)


def _too_large() -> Failed:
    return data_failure("the features are too large to fit a linear model on; scale them with 'standard'")


def _train_matrix(rows: Rows) -> Array:
    import numpy as np

    features = np.ascontiguousarray(matrix(rows))
    if features.shape[1] == 0:
        raise data_failure("there are no features: every vector is empty")
    if not np.isfinite(features).all():
        raise _not_finite(rows)
    return features


def _not_finite(rows: Rows) -> Failed:
    """Return the failure that names the first column with a missing or infinite value."""
    import numpy as np

    for name in rows.schema:
        column = matrix(Rows(rows.features, rows.schema.select([name])))
        bad = int((~np.isfinite(column)).any(axis=1).sum())
        if bad:
            break
    message = f"column '{name}' is missing or infinite in {bad} of {len(column)} training rows"
    return data_failure(message, column=name, rows=bad)
