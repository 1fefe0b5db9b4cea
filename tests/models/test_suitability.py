"""What learners refuse without data, and with which messages."""

from __future__ import annotations

import pytest

from mlbuild.columns import UNKNOWN, ColumnType
from mlbuild.diagnostics import Rejected
from mlbuild.models import LEARNERS
from mlbuild.models.learner import Learner
from mlbuild.models.lightgbm.classifier import LightgbmClassifier
from mlbuild.models.lightgbm.regressor import LightgbmRegressor
from mlbuild.models.sklearn.linear_regression import LinearRegression
from mlbuild.models.sklearn.logistic_regression import LogisticRegression
from tests.models.artifacts import schema

TREES, LINES = LightgbmRegressor(), LinearRegression()
NUMBER = ColumnType("float")

#: Learner, dtype of column `x`, message, help; no message if the column is accepted.
COLUMNS: list[tuple[Learner, str, str | None, str | None]] = [
    (TREES, "string", "column 'x' is a string, but lightgbm.regressor needs numbers", "encode it with 'category', 'ordinal' or 'one_hot'"),
    (TREES, "date?", "column 'x' is a date, but lightgbm.regressor needs numbers", "extract numbers from it with 'date_parts'"),
    (TREES, "datetime", "column 'x' is a datetime, but lightgbm.regressor needs numbers", "extract numbers from it with 'date_parts'"),
    (TREES, "category?", None, None),
    (TREES, "vector", None, None),
    (TREES, "bool?", None, None),
    (TREES, "int?", None, None),
    (TREES, "float?", None, None),
    (TREES, UNKNOWN, None, None),
    (LINES, "string?", "column 'x' is a string, but sklearn.linear_regression needs numbers", "encode it with 'one_hot' or 'ordinal'"),
    (LINES, "category", "column 'x' is a category, but sklearn.linear_regression needs numbers", "use 'one_hot' or 'ordinal' instead"),
    (LINES, "float?", "column 'x' can have missing values, but sklearn.linear_regression does not support missing values", "fill missing values with 'impute'"),
    (LINES, "bool?", "column 'x' can have missing values, but sklearn.linear_regression does not support missing values", "fill missing values with 'impute'"),
    (LINES, "bool", None, None),
    (LINES, "vector", None, None),
]  # fmt: skip


@pytest.mark.parametrize(("learner", "dtype", "message", "help_"), COLUMNS)
def test_features(learner: Learner, dtype: str, message: str | None, help_: str | None) -> None:
    if message is None:
        learner.infer(schema(x=dtype), NUMBER)
        return
    with pytest.raises(Rejected) as caught:
        learner.infer(schema(fine="float", x=dtype), NUMBER)
    (problem,) = caught.value.problems
    assert (problem.code, problem.at) == ("unsupported-feature", ("features", "x"))
    assert (problem.message, problem.help) == (message, help_)


TARGETS: list[tuple[Learner, ColumnType, str | None]] = [
    (LightgbmClassifier(), ColumnType("float"), "the target is a float, but lightgbm.classifier predicts bool, int or string"),
    (LogisticRegression(), ColumnType("date"), "the target is a date, but sklearn.logistic_regression predicts bool, int or string"),
    (LightgbmClassifier(), ColumnType("string", categories=("a",)), "the target has only one category, but a classifier needs two"),
    (LightgbmClassifier(), ColumnType("string"), None),
    (LightgbmClassifier(), ColumnType("bool"), None),
    (LogisticRegression(), ColumnType("int"), None),
    (LightgbmRegressor(), ColumnType("string"), "the target is a string, but lightgbm.regressor predicts int or float"),
    (LinearRegression(), ColumnType("bool"), "the target is a bool, but sklearn.linear_regression predicts int or float"),
    (LinearRegression(), ColumnType("int"), None),
    (LinearRegression(), ColumnType(UNKNOWN), None),
]  # fmt: skip


@pytest.mark.parametrize(("learner", "target", "message"), TARGETS)
def test_targets(learner: Learner, target: ColumnType, message: str | None) -> None:
    if message is None:
        learner.infer(schema(x="float"), target)
        return
    with pytest.raises(Rejected) as caught:
        learner.infer(schema(x="float"), target)
    assert [(p.code, p.at, p.message) for p in caught.value.problems] == [
        ("unsupported-target", ("target",), message)
    ]


@pytest.mark.parametrize("cls", LEARNERS)
def test_all_problems_are_told_at_once(cls: type[Learner]) -> None:
    with pytest.raises(Rejected) as caught:
        cls().infer(schema(a="string", b="date"), ColumnType("datetime"))
    assert [problem.at for problem in caught.value.problems] == [
        ("features", "a"),
        ("features", "b"),
        ("target",),
    ]


@pytest.mark.parametrize("cls", LEARNERS)
def test_no_feature(cls: type[Learner]) -> None:
    with pytest.raises(Rejected) as caught:
        cls().infer(schema(), ColumnType("int"))
    assert [(p.code, p.message) for p in caught.value.problems] == [
        ("unsupported-feature", "there are no features for the learner")
    ]
