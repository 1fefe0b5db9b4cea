from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest

from mlbuild.data.lineage import first_reached
from mlbuild.data.serving import sendable, serving
from mlbuild.data.table import Table
from tests.data.tables import rejected, run, step, table, told

ORDERS = table(
    {
        "id": {"dtype": "int", "unique": True},
        "customer": {"dtype": "string", "nullable": True},
        "at": {"dtype": "datetime", "nullable": True},
        "amount": "float",
        "kind": {"dtype": "string", "categories": ["x", "y"]},
        "late": {"dtype": "bool", "serving": False},
    },
    file="orders",
)
DAYS = [0, 1, 1, 5, 40, None, 2]
ROWS = pl.DataFrame(
    {
        "id": range(7),
        "customer": ["a", "a", "a", "a", "a", "a", None],
        "at": [None if day is None else datetime(2020, 1, 1) + timedelta(days=day) for day in DAYS],
        "amount": [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0],
        "kind": ["x", "y", "x", "x", "y", "y", "x"],
        "late": [True, False] * 3 + [True],
    }
)
SPEND = {"n": "COUNT(*)", "spend": "SUM(amount)"}


def windowed(columns: dict[str, str], **more: Any) -> pl.DataFrame:
    made = step(op="window", by="customer", time="at", columns=columns, **more)
    return run(made, ORDERS, ROWS).select([*columns])


def inferred(here: Table = ORDERS, known_after: str | None = None, **columns: str) -> Table:
    more = {} if known_after is None else {"known_after": known_after}
    return step(op="window", by="customer", time="at", columns=columns, **more).infer(here, {})


@pytest.mark.parametrize(
    ("more", "counts", "sums"),
    [
        ({}, [0, 1, 1, 3, 4, 0, 0], [None, 1.0, 1.0, 7.0, 15.0, None, None]),
        ({"last": "4d"}, [0, 1, 1, 2, 0, 0, 0], [None, 1.0, 1.0, 6.0, None, None, None]),
        ({"last": 1}, [0, 1, 1, 2, 1, 0, 0], [None, 1.0, 1.0, 6.0, 8.0, None, None]),
        ({"known_after": "4d"}, [0, 0, 0, 3, 4, 0, 0], [None, None, None, 7.0, 15.0, None, None]),
        ({"known_after": "5d", "last": 1}, [0, 0, 0, 1, 1, 0, 0], [None, None, None, 1.0, 8.0, None, None]),
    ],
)
def test_a_row_sees_only_earlier_rows_of_its_key(more: Any, counts: list[int], sums: list[Any]) -> None:
    made = windowed(SPEND, **more)
    assert (made["n"].to_list(), made["spend"].to_list()) == (counts, sums)


def test_the_latest_row_and_those_before_it() -> None:
    """Of the two rows on day 1, the one with the larger value is the later one."""
    made = windowed({"last": "LAST(amount)", "one": "LAG(amount)", "two": "LAG(amount, 2)"}, last="4d")
    assert made["last"].to_list() == [None, 1.0, 1.0, 4.0, None, None, None]
    assert made["one"].to_list() == [None, 1.0, 1.0, 4.0, 8.0, None, None]
    assert made["two"].to_list() == [None, None, None, 2.0, 4.0, None, None]
    kinds = windowed({"kind": "LAST(kind)", "kinds": "COUNT(DISTINCT kind)"})
    assert kinds["kind"].to_list() == [None, "x", "x", "y", "x", None, None]
    assert kinds["kinds"].to_list() == [0, 1, 1, 2, 2, 0, 0]


def test_the_types_of_the_results() -> None:
    after = inferred(n="COUNT(*)", spend="SUM(amount)", first="MIN(at)", kind_before="LAST(kind)")
    assert {name: str(after.served[name]) for name in ("n", "spend", "first", "kind_before")} == {
        "n": "int",
        "spend": "float, nullable",
        "first": "datetime, nullable",
        "kind_before": "string, nullable",
    }
    assert after.served["kind_before"].categories == ("x", "y")
    assert after.promises() == [("id",)]
    way = serving(after, ["spend", "amount"])
    assert [one.name for one in way.inputs] == ["spend", "amount"]


def leaks(here: Table, target: str) -> set[str]:
    names = {column.node: name for name, column in here.columns.items()}
    reached = first_reached(names, here.nodes([target]))
    return {name for node, name in names.items() if node in reached} - {target}


def test_a_window_over_the_target_gives_it_away_unless_it_is_said_when_it_is_known() -> None:
    columns = {"spend": "SUM(amount)", "n": "COUNT(*)", "most": "MAX(amount * 2)"}
    assert leaks(inferred(ORDERS, None, **columns), "amount") == {"spend", "most"}
    assert leaks(inferred(ORDERS, "0d", **columns), "amount") == set()
    some = step(op="filter", where="amount > 3").infer(ORDERS, {})
    assert leaks(inferred(some, None, n="COUNT(*)"), "amount") == {"n"}
    assert leaks(inferred(some, "1d", n="COUNT(*)"), "amount") == set()


def test_what_is_known_only_afterwards_is_known_for_rows_that_are_known() -> None:
    late = {"share": "AVG(CAST(late AS BIGINT))"}
    assert "share" not in sendable(inferred(ORDERS, None, **late))
    assert "share" in sendable(inferred(ORDERS, "30d", **late))


def test_a_row_that_is_found_by_a_join_has_seen_rows_that_are_not_earlier_than_this_one() -> None:
    """For example, the next order of a customer has seen this one."""
    seen = inferred(ORDERS, "0d", spend="SUM(amount)")
    nexts = step(op="rename", columns={"id": "next"}).infer(seen, {})
    here = step(op="derive", columns={"next": "id + 1"}).infer(ORDERS, {})
    after = step(op="join", with_="nexts", using="next", prefix="next_").infer(here, {"nexts": nexts})
    assert "next_spend" in leaks(after, "amount")
    # A row that finds itself has seen earlier rows.
    again = step(op="join", with_="seen", using="id", prefix="its_").infer(ORDERS, {"seen": seen})
    assert "its_spend" not in leaks(again, "amount")
    totals = step(op="aggregate", by="customer", columns={"most": "MAX(spend)"}).infer(seen, {})
    back = step(op="join", with_="totals", using="customer").infer(ORDERS, {"totals": totals})
    assert "most" in leaks(back, "amount")


def test_a_window_over_a_window_of_known_rows_is_known() -> None:
    twice = inferred(inferred(ORDERS, "1d", spend="SUM(amount)"), "1d", before="LAG(spend)")
    assert leaks(twice, "amount") == set()


def test_mistakes_are_each_one_problem() -> None:
    made = step(
        op="window",
        by=["custmer"],
        time="amount",
        columns={"kind": "COUNT(*)", "n": "LAST(amuont)", "m": "MEDIAN(amount)"},
    )
    assert [(problem.message, problem.at, problem.help) for problem in rejected(made, ORDERS)] == [
        ("unknown column 'custmer'", ("by", 0), "did you mean 'customer'?"),
        ("'amount' is of dtype float, but times must be dates or datetimes", ("time",), None),
        ("there is already a column 'kind'", ("columns", "kind"), "choose another name for the new column"),
        ("unknown column 'amuont'", ("columns", "n"), "did you mean 'amount'?"),
        (
            "'MEDIAN' is not an aggregate function that this step supports",
            ("columns", "m"),
            "available functions: SUM, AVG, MIN, MAX, COUNT, LAST, LAG",
        ),
    ]
    unknown = step(op="window", by="customer", time="att", columns=SPEND)
    assert told(rejected(unknown, ORDERS)) == [("unknown column 'att'", ("time",))]


def test_a_string_that_can_be_missing_needs_a_token() -> None:
    here = table({"k": "int", "at": "date", "s": {"dtype": "string", "empty_is_null": False}})
    made = step(op="window", by="k", time="at", columns={"a": "LAST(s)", "b": "COUNT(s)"})
    (problem,) = rejected(made, here)
    assert (problem.code, problem.at) == ("missing-null-token", ("columns", "a"))
    assert problem.message == "'a' can have missing values, but no string represents a missing value"


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"last": "0d"}, ("'last' must be longer than 0", ("last",))),
        (
            {"last": "7d", "known_after": "2w"},
            ("no row of the last 7d is known yet: 'known_after' is 14d", ("last",)),
        ),
    ],
)
def test_a_window_that_sees_nothing_is_refused(more: Any, problem: Any) -> None:
    made = step(op="window", by="customer", time="at", columns=SPEND, **more)
    assert told(made.check()) == [problem]


def test_equal_durations_are_canonical() -> None:
    one = step(op="window", by="customer", time="at", columns=SPEND, last="24h", known_after="0h")
    other = step(op="window", by="customer", time="at", columns=SPEND, last="1d", known_after="0d")
    assert (
        one.canonical(ORDERS, {})
        == other.canonical(ORDERS, {})
        != step(op="window", by="customer", time="at", columns=SPEND, last="1d").canonical(ORDERS, {})
    )
