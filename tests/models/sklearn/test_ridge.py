"""Ridge has scikit-learn's predictions, and refuses parameters that contradict its solver."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from sklearn import linear_model

from mlbuild.models.matrix import matrix
from mlbuild.models.sklearn.linear_form import LinearForm
from mlbuild.models.sklearn.ridge import Ridge
from mlbuild.models.training import Rows, Training
from tests.models.sklearn.test_linear import ROWS, compared, described, fitted, target

PARAMS: list[dict[str, Any]] = [
    {},
    {"alpha": 0.0},
    {"alpha": 1e6, "fit_intercept": False},
    {"solver": "cholesky", "alpha": 0.1},
    {"solver": "svd"},
    {"solver": "lsqr", "tol": 1e-9},
    {"solver": "sparse_cg", "max_iter": 50},
    {"positive": True},
    {"positive": True, "solver": "lbfgs", "tol": 1e-8, "max_iter": 500},
]


@pytest.mark.parametrize("params", PARAMS, ids=str)
def test_predictions_are_scikit_learns(params: dict[str, Any]) -> None:
    learner = Ridge(**params)
    assert list(learner.check()) == []
    content = fitted(learner, 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn warns if features depend on each other
        model = linear_model.Ridge(**params).fit(matrix(ROWS), target(0))
    native = learner.predict(content, ROWS, 1)
    np.testing.assert_allclose(native[:, 0], model.predict(matrix(ROWS)), rtol=1e-9)
    compared(learner, content, ROWS)


def test_larger_penalties_shrink_the_coefficients() -> None:
    sizes = []
    for alpha in (0.0, 1.0, 100.0, 1e9):
        form = LinearForm.from_bytes(fitted(Ridge(alpha=alpha), 0))
        sizes.append(float(np.square(form.coefficients).sum()))
    assert sizes == sorted(sizes, reverse=True) and sizes[-1] < 1e-6 * sizes[0]


def test_columns_that_repeat_each_other_have_a_solution_with_a_penalty() -> None:
    """Without a penalty there are many, and scikit-learn falls back to another solver, or warns."""
    rows = Rows(ROWS.features.with_columns(count=ROWS.features["plain"]), ROWS.schema)
    for alpha in (0.0, 1.0):
        learner = Ridge(alpha=alpha)
        compared(learner, learner.fit(Training(rows, target(0))), rows)


def test_only_an_iterative_solver_tells_its_iterations() -> None:
    assert "iterations" not in described(Ridge(solver="svd"), 0)
    assert described(Ridge(solver="lsqr"), 0)["iterations"] > 0


CONTRADICTIONS: list[tuple[dict[str, Any], str, str]] = [
    ({"solver": "svd", "positive": True}, "solver", "'solver: svd' does not support 'positive'"),
    ({"solver": "lbfgs"}, "solver", "'solver: lbfgs' only works with 'positive: true'"),
    ({"tol": 1e-3}, "tol", "'tol' has no effect with 'solver: cholesky', which does not iterate"),
    ({"solver": "svd", "max_iter": 5}, "max_iter", "'max_iter' has no effect with 'solver: svd', which does not iterate"),
]  # fmt: skip


@pytest.mark.parametrize(("params", "at", "message"), CONTRADICTIONS)
def test_contradictions(params: dict[str, Any], at: str, message: str) -> None:
    assert [(problem.at, problem.message) for problem in Ridge(**params).check()] == [((at,), message)]
