"""Linear models have scikit-learn's coefficients, and add in the same order on both sides."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import seed as with_seed
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn import linear_model

from mlbuild.columns import Schema
from mlbuild.diagnostics import Failed
from mlbuild.models.answers.answer import Coding
from mlbuild.models.learner import Learner
from mlbuild.models.matrix import matrix
from mlbuild.models.sklearn.linear_form import LinearForm
from mlbuild.models.sklearn.linear_regression import LinearRegression
from mlbuild.models.sklearn.logistic_regression import LogisticRegression
from mlbuild.models.training import Rows, Training
from mlbuild.params import Json
from tests.budget import examples, seed
from tests.models.artifacts import answers, exported, schema
from tests.models.samples import NUMBERS, classes, features, number

Array = np.ndarray[Any, Any]
FULL = features(250).with_columns(pl.col("count").fill_null(0), pl.col("flag").fill_null(False))
TRAIN = FULL.select(pl.col("plain").log1p().fill_nan(0.0), pl.col("count"), pl.col("flag"), pl.col("block"))
LOGISTIC: list[tuple[dict[str, Any], int]] = [
    ({}, 2),
    ({"C": 0.01, "fit_intercept": False}, 2),
    ({"solver": "newton-cholesky", "class_weight": "balanced"}, 2),
    ({"solver": "saga", "l1_ratio": 1.0, "C": 0.1, "max_iter": 500}, 2),
    ({"max_iter": 500}, 3),
    ({"solver": "saga", "l1_ratio": 0.5, "max_iter": 500}, 3),
    ({"solver": "newton-cholesky", "C": 1e10}, 4),
]


ROWS = Rows(TRAIN, NUMBERS)


def target(count: int) -> Array:
    return classes(FULL, count) if count else number(FULL)


def fitted(learner: Learner, count: int, **fields: Any) -> bytes:
    return learner.fit(Training(ROWS, target(count), count, **fields))


@pytest.mark.parametrize(("params", "count"), LOGISTIC)
def test_probabilities_are_scikit_learns(params: dict[str, Any], count: int) -> None:
    learner = LogisticRegression(**params)
    assert list(learner.check()) == []
    content = fitted(learner, count)
    model = linear_model.LogisticRegression(random_state=0, **params).fit(matrix(ROWS), target(count))
    native = learner.predict(content, ROWS, 1)
    np.testing.assert_allclose(native, model.predict_proba(matrix(ROWS)), rtol=1e-9, atol=1e-12)
    compared(learner, content, ROWS)


@pytest.mark.parametrize("params", [{}, {"fit_intercept": False}, {"positive": True}])
def test_predictions_are_scikit_learns(params: dict[str, Any]) -> None:
    learner = LinearRegression(**params)
    content = fitted(learner, 0)
    model = linear_model.LinearRegression(**params).fit(matrix(ROWS), target(0))
    native = learner.predict(content, ROWS, 1)
    np.testing.assert_allclose(native[:, 0], model.predict(matrix(ROWS)), rtol=1e-9)
    compared(learner, content, ROWS)


def compared(learner: Learner, content: bytes, rows: Rows) -> None:
    """Compare the training rows, rows of extreme numbers, one row, and no row."""
    model = exported(learner, content, rows)
    extreme = [0.0, -0.0, 1e300, -1e300, 1.7e308, 1e-310, np.inf, -np.inf, 800.0, -800.0]
    hard = rows.features[: len(extreme)].with_columns(plain=pl.Series(extreme))
    flipped = hard.with_columns(block=pl.lit([np.inf, -1e308, 0.0], dtype=pl.Array(pl.Float64, 3)))
    for some in (rows.features, hard, flipped, hard[:1], hard[:0]):
        native = learner.predict(content, Rows(some, rows.schema), 1)
        found = answers(model, Rows(some, rows.schema))
        assert native.shape == found.shape
        np.testing.assert_allclose(found, native, rtol=1e-12, atol=0 if native.shape[1] == 1 else 1e-15)
        if native.shape[1] == 1:
            assert np.array_equal(found, native, equal_nan=True), "the same bit by bit"


@with_seed(seed())
@settings(max_examples=examples(40, 3000), deadline=None, database=None)
@given(st.data())
def test_any_numbers_add_up_alike(data: st.DataObject) -> None:
    """Terms that cancel, overflow or are missing: a different order of additions would be visible."""
    width = data.draw(st.integers(1, 9))
    rows = data.draw(st.integers(0, 6))
    finite = st.floats(allow_nan=False, allow_infinity=False)
    row = data.draw(st.lists(finite, min_size=width, max_size=width))
    form = LinearForm([row], [data.draw(finite)], [0.0] * width)
    values = data.draw(arrays.arrays(np.float64, (rows, width), elements=st.floats()))
    names = {f"x{index}": "float" for index in range(width)}
    frame = pl.DataFrame({name: values[:, index] for index, name in enumerate(names)})
    given_rows = Rows(frame, schema(**names))
    native = LinearRegression().predict(form.to_bytes(), given_rows, 1)
    found = answers(exported(LinearRegression(), form.to_bytes(), given_rows), given_rows)
    assert np.array_equal(found, native, equal_nan=True)


def test_one_thread_or_two() -> None:
    for learner, count in ((LinearRegression(), 0), (LogisticRegression(), 2), (LogisticRegression(), 3)):
        assert fitted(learner, count) == fitted(learner, count, threads=2)


def test_weights_count() -> None:
    weight = np.linspace(0, 2, TRAIN.height)
    content = fitted(LinearRegression(), 0, weight=weight)
    model = linear_model.LinearRegression().fit(matrix(ROWS), target(0), sample_weight=weight)
    np.testing.assert_allclose(LinearForm.from_bytes(content).intercepts, [model.intercept_], rtol=1e-6)
    assert content != fitted(LinearRegression(), 0)


def test_bytes_are_canonical_and_exact() -> None:
    form = LinearForm([[0.1, -1e-310]], [1 / 3], [0.5, 2.0], 7)
    assert LinearForm.from_bytes(form.to_bytes()) == form
    assert json.loads(form.to_bytes()) == {
        "coefficients": [[0.1, -1e-310]],
        "converged": True,
        "intercepts": [1 / 3],
        "iterations": 7,
        "means": [0.5, 2.0],
    }


def test_a_solver_that_stops_short_says_so_without_a_warning() -> None:
    learner = LogisticRegression(solver="saga", max_iter=2)
    told = described(learner, 2)
    note = (
        "the solver did not converge in 2 iterations; raise 'max_iter', or scale the features with 'standard'"
    )
    assert (told["iterations"], told["note"]) == (2, note)
    assert {*described(LinearRegression(), 0)} == {"intercept", "coefficients"}


COLUMNS = ["plain", "count", "flag", "block=a", "block=b", "block=c"]


def described(learner: Learner, count: int) -> Json:
    """Return what a learner that is fitted on `ROWS` reports about itself."""
    return learner.describe(fitted(learner, count), COLUMNS, Coding("int", tuple(range(count))))


@pytest.mark.parametrize("count", [0, 2])
def test_coefficients_are_told_by_the_names_of_the_columns(count: int) -> None:
    learner: Learner = LogisticRegression() if count else LinearRegression()
    form = LinearForm.from_bytes(fitted(learner, count))
    told = described(learner, count)
    assert told["intercept"] == form.intercepts[0]
    assert told["coefficients"] == dict(zip(COLUMNS, form.coefficients[0], strict=True))


def test_coefficients_of_several_classes_are_told_by_class() -> None:
    form = LinearForm.from_bytes(fitted(LogisticRegression(), 3))
    told = described(LogisticRegression(), 3)
    assert told["intercept"] == dict(zip("012", form.intercepts, strict=True))
    for place, name in enumerate("012"):
        assert told["coefficients"][name] == dict(zip(COLUMNS, form.coefficients[place], strict=True))


def test_of_very_many_coefficients_the_largest_are_told() -> None:
    row = [float(place % 4001) for place in range(5000)]
    told = LinearForm([row], [0.0], row).describe([f"c{place}" for place in range(5000)], ())
    assert len(told["coefficients"]) == 2000
    assert min(told["coefficients"].values()) == sorted(row)[-2000]
    assert [*told["coefficients"]] == sorted(told["coefficients"], key=lambda name: int(name[1:]))


FAULTS: list[tuple[Learner, int, list[float], list[float], str]] = [
    (LinearRegression(), 0, [], [], "there are no training rows"),
    (LogisticRegression(), 2, [1, 2], [1, 1], "all 2 training rows have the same class, but a classifier needs two"),
    (LogisticRegression(), 3, [1, 2], [0, 1], "the training rows have 2 of the 3 classes of the target"),
    (LinearRegression(), 0, [1, 2], [1, np.nan], "the target is missing or infinite in 1 of 2 training rows"),
    (LinearRegression(), 0, [1, np.inf], [1, 2], "column 'x' is missing or infinite in 1 of 2 training rows"),
    (LogisticRegression(), 2, [np.nan, np.nan], [0, 1], "column 'x' is missing or infinite in 2 of 2 training rows"),
    (
        LinearRegression(),
        0,
        [1.7e308, 1.7e308, -1.7e308],
        [1, 2, 3],
        "the features are too large to fit a linear model on; scale them with 'standard'",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("learner", "count", "values", "target", "message"), FAULTS)
def test_data_faults(
    learner: Learner, count: int, values: list[float], target: list[float], message: str
) -> None:
    frame = pl.DataFrame(
        {"fine": [0.0] * len(values), "x": values}, schema={"fine": pl.Float64, "x": pl.Float64}
    )
    goal = np.array(target, dtype=np.int64 if count else np.float64)
    with pytest.raises(Failed) as caught:
        learner.fit(Training(Rows(frame, schema(fine="float", x="float")), goal, count))
    assert (caught.value.failure.kind, caught.value.failure.message) == ("data", message)


def test_vectors_without_elements() -> None:
    frame = pl.DataFrame({"v": pl.Series([[], []], dtype=pl.Array(pl.Float64, 0))})
    rows = Rows(frame, Schema(schema(v="vector")))
    with pytest.raises(Failed, match=r"^there are no features: every vector is empty$"):
        LinearRegression().fit(Training(rows, np.arange(2.0)))


def test_l1_needs_a_solver_that_has_it() -> None:
    (problem,) = LogisticRegression(l1_ratio=0.5).check()
    assert problem.message == "'solver: lbfgs' does not support an L1 penalty, which 'l1_ratio' requires"
    assert (problem.at, problem.help) == (("l1_ratio",), "write 'solver: saga'")
