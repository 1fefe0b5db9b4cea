from __future__ import annotations

from typing import Any

import pytest

from mlbuild.columns import ColumnType, Schema
from mlbuild.diagnostics import Rejected
from mlbuild.expressions.aggregates import OF_GROUPS, OF_ORDERED, Call, bind_call

SCHEMA = Schema(
    {
        "amount": ColumnType("float", True),
        "count": ColumnType("int"),
        "city": ColumnType("string", categories=("a", "b")),
        "paid": ColumnType("bool"),
        "day": ColumnType("date"),
    }
)


def bound(text: str, functions: tuple[str, ...] = OF_ORDERED) -> Call:
    call = bind_call(text, SCHEMA, functions)
    again = bind_call(call.tree, SCHEMA, functions)
    assert again.tree == call.tree and again.type(True) == call.type(True)
    return call


@pytest.mark.parametrize(
    ("text", "dtype", "empty"),
    [
        ("COUNT(*)", "int", "int"),
        ("count(amount)", "int", "int"),
        ("COUNT(DISTINCT city)", "int", "int"),
        ("SUM(amount)", "float, nullable", "float, nullable"),
        ("SUM(count)", "int", "int, nullable"),
        ("(AVG(count))", "float", "float, nullable"),
        ("MIN(day)", "date", "date, nullable"),
        ("MAX(amount * count)", "float, nullable", "float, nullable"),
        ("SUM(CASE WHEN paid THEN 1 ELSE 0 END)", "int", "int, nullable"),
        ("LAST(city)", "string", "string, nullable"),
        ("LAG(paid, 3)", "bool", "bool, nullable"),
    ],
)
def test_the_type_of_a_call(text: str, dtype: str, empty: str) -> None:
    call = bound(text)
    assert (str(call.type(can_be_empty=False)), str(call.type(can_be_empty=True))) == (dtype, empty)


def test_calls_that_mean_the_same_have_the_same_tree() -> None:
    assert bound("LAG(amount)").tree == bound("lag(amount, 1)").tree
    assert bound("SUM(amount / 2)").tree == bound("SUM((amount) * 0.5)").tree
    assert bound("LAST(city)").type(True).categories == ("a", "b")
    assert bound("COUNT(1)").tree == bound("COUNT(*)").tree
    assert bound("COUNT(city)").names == ("city",)


FUNCTIONS = "available functions: SUM, AVG, MIN, MAX, COUNT"


@pytest.mark.parametrize(
    ("text", "message", "help_", "offset"),
    [
        ("amount", "this is not an aggregate function: it does not combine several rows into one value",
         FUNCTIONS, (0, 6)),
        ("SUM(amount) / COUNT(*)", "an aggregate function cannot be part of a larger expression",
         "compute with the result in a later 'derive' step", (0, 22)),
        ("MEAN(amount)", "'MEAN' is not an aggregate function that this step supports", FUNCTIONS, (0, 4)),
        ("STDDEV(amount)", "'STDDEV' is not an aggregate function that this step supports", FUNCTIONS, (0, 6)),
        ("SUMM(amount)", "'SUMM' is not an aggregate function that this step supports", "did you mean 'SUM'?", (0, 4)),
        ("LAST(amount)", "'LAST' is not an aggregate function that this step supports", FUNCTIONS, (0, 4)),
        ("ABS(amount)", "'ABS' is not an aggregate function that this step supports", FUNCTIONS, (0, 3)),
        ("SUM(amount) OVER (PARTITION BY city)",
         "OVER is not supported here: the keys of the step say which rows are aggregated", "remove it", (0, 36)),
        ("SUM(amount) FILTER (WHERE paid)", "FILTER is not supported",
         "write CASE WHEN condition THEN x END as the argument", (0, 31)),
        ("SUM(amont)", "unknown column 'amont'", "did you mean 'amount'?", (4, 9)),
        ("SUM(paid)", "SUM takes numbers, not a bool", "convert a bool to a number with CAST(... AS BIGINT)", (4, 8)),
        ("MAX(city)", "MAX takes numbers, dates or datetimes, not a string", None, (4, 8)),
        ("MIN(amount, count)", "MIN takes one argument here", None, (0, 18)),
        ("COUNT(DISTINCT city, day)", "DISTINCT is only supported in COUNT(DISTINCT x), with one argument", None, (0, 25)),
        ("SUM(DISTINCT count)", "DISTINCT is only supported in COUNT(DISTINCT x), with one argument", None, (0, 19)),
        ("SUM(1)", "the expression has the same value in every row", "use at least one column", (0, 6)),
        ("SUM(*)", "'*' is only supported in COUNT(*)", None, (0, 6)),
        ("SUM(MAX(amount))", "an expression uses only one row: aggregates and windows are not supported", None, (4, 15)),
        ("SUM(amount", "a ')' is missing after 'amount'", None, (4, 10)),
        ("", "the expression is empty", None, (0, 0)),
    ],
)  # fmt: skip
def test_what_is_not_a_call_is_refused(text: str, message: str, help_: str | None, offset: Any) -> None:
    with pytest.raises(Rejected) as caught:
        bind_call(text, SCHEMA, OF_GROUPS)
    (problem,) = caught.value.problems
    assert (problem.message, problem.help, problem.offset) == (message, help_, offset)


@pytest.mark.parametrize("back", ["0", "-1", "1.5", "count", "'a'"])
def test_lag_goes_back_a_number_of_rows(back: str) -> None:
    with pytest.raises(Rejected) as caught:
        bind_call(f"LAG(amount, {back})", SCHEMA, OF_ORDERED)
    assert [problem.message for problem in caught.value.problems] == [
        "LAG goes back a number of rows, from 1 to 1,000,000"
    ]
