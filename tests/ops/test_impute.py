from __future__ import annotations

from datetime import date, datetime

import numpy as np
import pytest
from sklearn.impute import SimpleImputer

from mlbuild.columns import ColumnType
from mlbuild.diagnostics import Failed
from tests.ops.written import after, problems, transformed

NAN = float("nan")


@pytest.mark.parametrize(
    ("strategy", "dtype", "train", "expected"),
    [
        ("mean", "float?", [1.0, None, 4.0], [1.0, 2.5, 4.0]),
        ("mean", "int?", [1, None, 4], [1.0, 2.5, 4.0]),
        ("median", "float?", [9.0, None, 1.0, 2.0], [9.0, 2.0, 1.0, 2.0]),
        ("median", "int?", [1, None, 4], [1.0, 2.5, 4.0]),
        ("most_frequent", "int?", [7, 3, None, 3], [7, 3, 3, 3]),
        ("most_frequent", "int?", [7, 3, None], [7, 3, 3]),
        ("most_frequent", "string?", ["b", "a", None, "b"], ["b", "a", "b", "b"]),
        ("most_frequent", "string?", ["é", "z", None, ""], ["é", "z", "", ""]),
        ("most_frequent", "bool?", [True, None, False], [True, False, False]),
        ("most_frequent", "float?", [float("inf"), 1.0, 1.0, None], [float("inf"), 1.0, 1.0, 1.0]),
    ],
)
def test_a_missing_value_becomes_one_learned_from_the_train_rows(
    strategy: str, dtype: str, train: list[object], expected: list[object]
) -> None:
    made = transformed(f"{{op: impute, columns: x, strategy: {strategy}}}", {"x": train}, x=dtype)
    assert made == {"x": expected}


def test_dates_take_their_most_frequent() -> None:
    days = [date(2013, 1, 2), None, date(1900, 2, 28), date(2013, 1, 2)]
    times = [datetime(2013, 1, 2, 3, 4, 5, 6), None, None, None]
    made = transformed(
        "{op: impute, columns: {dtype: temporal}, strategy: most_frequent}",
        {"day": days, "time": times},
        day="date?",
        time="datetime?",
    )
    assert made["day"][1] == date(2013, 1, 2)
    assert made["time"] == [datetime(2013, 1, 2, 3, 4, 5, 6)] * 4


@pytest.mark.parametrize(
    ("dtype", "written", "expected"),
    [
        ("float?", "0", 0.0),
        ("float?", "-2.5", -2.5),
        ("int?", "3.0", 3),
        ("bool?", "false", False),
        ("string?", "unknown", "unknown"),
        ("string?", "''", ""),
        ("string?", "'12'", "12"),
        ("date?", "'2013-10-01'", date(2013, 10, 1)),
        ("datetime?", "'2013-10-01'", datetime(2013, 10, 1)),
        ("datetime?", "'2013-10-01T06:30:00+02:00'", datetime(2013, 10, 1, 4, 30)),
    ],
)
def test_a_constant_is_of_the_dtype_of_the_column(dtype: str, written: str, expected: object) -> None:
    text = f"{{op: impute, columns: x, strategy: constant, fill_value: {written}}}"
    assert transformed(text, {"x": [None]}, x=dtype) == {"x": [expected]}


@pytest.mark.parametrize(
    ("dtype", "written", "wanted"),
    [
        ("float", "high", "a finite number"),
        ("float", ".inf", "a finite number"),
        ("float", "true", "a finite number"),
        ("int", "1.5", "an integer up to 2^53"),
        ("int", "9007199254740994", "an integer up to 2^53"),
        ("int", "true", "an integer up to 2^53"),
        ("bool", "1", "true or false"),
        ("string", "5", "text"),
        ("date", "'2013-02-30'", "a date in quotes, such as '2013-10-01'"),
        ("date", "2013", "a date in quotes, such as '2013-10-01'"),
        ("datetime", "noon", "a datetime in quotes, such as '2013-10-01T06:00'"),
        ("date", "'2013-10-01T06:00'", "a date in quotes, such as '2013-10-01'"),
        ("datetime", "'2013-10-01T25:00'", "a datetime in quotes, such as '2013-10-01T06:00'"),
    ],
)
def test_a_constant_of_another_dtype_is_refused(dtype: str, written: str, wanted: str) -> None:
    text = f"{{op: impute, columns: x, strategy: constant, fill_value: {written}}}"
    message = f"'fill_value' must be {wanted}, because column 'x' is {dtype}"
    assert problems(text, x=dtype) == [("0.fill_value", message)]


@pytest.mark.parametrize(
    ("written", "at", "message"),
    [
        ("strategy: constant", "0", "strategy 'constant' needs 'fill_value'"),
        ("strategy: mean, fill_value: 0", "0.fill_value", "'fill_value' has no effect with strategy 'mean'"),
    ],
)
def test_fill_value_goes_with_constant(written: str, at: str, message: str) -> None:
    assert problems(f"{{op: impute, columns: x, {written}}}", x="float") == [(at, message)]


def test_only_numbers_have_a_mean() -> None:
    text = "{op: impute, columns: [n, s, b], strategy: mean}"
    assert problems(text, n="int", s="string", b="bool") == [
        ("0.columns.1", "strategy 'mean' takes int or float, but column 's' is string"),
        ("0.columns.2", "strategy 'mean' takes int or float, but column 'b' is bool"),
    ]


def test_codes_cannot_be_imputed() -> None:
    text = "{op: category, columns: c};{op: impute, columns: c, strategy: most_frequent}"
    message = "'impute' takes bool, int, float, string, date or datetime, but column 'c' is category"
    assert problems(text, c="string") == [("1.columns", message)]


@pytest.mark.parametrize(
    ("strategy", "expected"), [("mean", "float"), ("median", "float"), ("most_frequent", "int")]
)
def test_nothing_is_missing_afterwards(strategy: str, expected: str) -> None:
    text = f"{{op: impute, columns: x, strategy: {strategy}}}"
    assert after(text, x="int?", y="int?") == {"x": expected, "y": "int?"}


@pytest.mark.parametrize("strategy", ["mean", "median", "most_frequent"])
def test_a_column_that_is_missing_everywhere_cannot_be_learned_from(strategy: str) -> None:
    with pytest.raises(Failed) as failed:
        transformed(f"{{op: impute, columns: x, strategy: {strategy}}}", {"x": [None, None]}, x="float?")
    assert failed.value.failure.kind == "data"
    assert failed.value.failure.message == "column 'x' has no values in the training rows"


def test_an_infinite_mean_cannot_be_put_in() -> None:
    with pytest.raises(Failed, match="the mean of column 'x' in the training rows is not finite"):
        transformed("{op: impute, columns: x, strategy: mean}", {"x": [float("inf"), 1.0]}, x="float?")


def test_a_column_that_was_promised_complete_is_filled_all_the_same() -> None:
    text = "{op: impute, columns: x, strategy: median}"
    assert transformed(text, {"x": [1.0, 3.0]}, {"x": [None, 8.0]}, x="float") == {"x": [2.0, 8.0]}


@pytest.mark.parametrize(("fill", "expected"), [("none", [1.0, 2.0, 3.0]), ("b", [1.0, 2.0, 1.0])])
def test_a_constant_comes_behind_the_categories_of_the_contract(fill: str, expected: list[float]) -> None:
    closed = ColumnType("string", True, ("b", "a"))
    text = f"{{op: impute, columns: x, strategy: constant, fill_value: {fill}}};{{op: category, columns: x}}"
    assert transformed(text, {"x": ["b", "a", None]}, x=closed) == {"x": expected}


def test_a_zero_stands_for_both_zeros() -> None:
    text = "{op: impute, columns: x, strategy: most_frequent}"
    made = transformed(text, {"x": [-0.0, -0.0, None]}, x="float?")
    assert [str(value) for value in made["x"]] == ["-0.0", "-0.0", "0.0"]


@pytest.mark.parametrize(
    ("strategy", "dtype", "train", "expected"),
    [
        ("mean", "int?", [1, None, 4], [1.0, 2.5, 4.0]),
        ("most_frequent", "string?", ["b", None, "b"], ["b", "b", "b"]),
    ],
)
def test_an_indicator_says_what_was_filled_in(
    strategy: str, dtype: str, train: list[object], expected: list[object]
) -> None:
    text = f"{{op: impute, columns: x, strategy: {strategy}, indicator: true}}"
    assert transformed(text, {"x": train}, x=dtype) == {"x": expected, "x_missing": [False, True, False]}


def test_an_indicator_comes_right_after_its_column() -> None:
    text = "{op: impute, columns: [b, a], strategy: most_frequent, indicator: true}"
    expected = {"a": "int", "a_missing": "bool", "b": "string", "b_missing": "bool", "c": "int?"}
    assert list(after(text, a="int?", b="string", c="int?").items()) == [*expected.items()]


def test_an_indicator_of_a_name_that_exists_is_refused() -> None:
    text = "{op: impute, columns: x, strategy: mean, indicator: true}"
    message = "the step would add a second column 'x_missing'"
    assert problems(text, x="float?", x_missing="bool") == [("0", message)]


@pytest.mark.parametrize("strategy", ["mean", "median", "most_frequent"])
def test_the_numbers_are_those_of_scikit_learn(strategy: str) -> None:
    chance = np.random.default_rng(0)
    values = np.where(chance.random(300) < 0.2, np.nan, chance.integers(0, 40, 300) / 8)
    text = f"{{op: impute, columns: x, strategy: {strategy}, indicator: true}}"
    cells = [None if np.isnan(value) else value for value in values]
    made = transformed(text, {"x": cells}, x="float?")
    imputer = SimpleImputer(strategy=strategy, add_indicator=True)
    expected = imputer.fit_transform(values.reshape(-1, 1))
    np.testing.assert_allclose(made["x"], expected[:, 0], rtol=1e-15)
    assert made["x_missing"] == (expected[:, 1] == 1).tolist()
