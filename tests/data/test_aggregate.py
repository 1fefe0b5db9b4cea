from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from mlbuild.data.lineage import first_reached
from mlbuild.data.serving import sendable, serving
from mlbuild.data.table import Table
from mlbuild.diagnostics import Failed
from tests.data.tables import rejected, run, step, table

ORDERS = table(
    {
        "id": {"dtype": "int", "unique": True},
        "customer": {"dtype": "string", "nullable": True},
        "day": "date",
        "amount": {"dtype": "float", "nullable": True},
        "pieces": "int",
        "late": {"dtype": "bool", "serving": False},
    },
    file="orders",
)
ROWS = pl.DataFrame(
    {
        "id": [1, 2, 3, 4, 5],
        "customer": ["b", "a", None, "b", "a"],
        "day": [date(2020, 1, day) for day in (3, 1, 5, 2, 4)],
        "amount": [0.1, None, 5.0, 0.2, None],
        "pieces": [1, 2, 3, 4, 5],
        "late": [True, False, True, False, True],
    }
)
CUSTOMERS: dict[str, Any] = {
    "total": "SUM(amount)",
    "first": "MIN(day)",
    "n": "COUNT(*)",
    "mean": "AVG(pieces)",
}


def aggregate(here: Table = ORDERS, by: Any = "customer", **columns: Any) -> Table:
    return step(op="aggregate", by=by, columns=columns).infer(here, {})


def test_one_row_of_each_group_sorted_by_the_keys() -> None:
    made = run(step(op="aggregate", by="customer", columns=CUSTOMERS), ORDERS, ROWS)
    assert made.columns == ["customer", "total", "first", "n", "mean"]
    assert made.rows() == [
        ("a", None, date(2020, 1, 1), 2, 3.5),
        ("b", 0.1 + 0.2, date(2020, 1, 2), 2, 2.5),
        (None, 5.0, date(2020, 1, 5), 1, 3.0),
    ]


def test_the_types_and_promises_of_the_result() -> None:
    after = aggregate(**CUSTOMERS)
    assert {name: str(type_) for name, type_ in after.served.items()} == {
        "customer": "string, nullable",
        "total": "float, nullable",
        "first": "date",
        "n": "int",
        "mean": "float",
    }
    assert after.promises() == [("customer",)]
    whole = step(op="filter", where="amount > 0 AND customer IS NOT NULL").infer(ORDERS, {})
    after = aggregate(whole, total="SUM(amount)")
    assert [str(after.trained[name]) for name in after.columns] == ["string", "float"]
    assert [str(after.served[name]) for name in after.columns] == ["string, nullable", "float, nullable"]


def test_the_result_can_be_joined_and_is_sent_by_the_client() -> None:
    here = table({"customer": "string"})
    after = step(op="join", with_="totals", using="customer").infer(here, {"totals": aggregate(**CUSTOMERS)})
    way = serving(after, ["total", "n"])
    assert ([one.name for one in way.inputs], way.derived) == (["total", "n"], {})
    derived = step(op="derive", columns={"each": "total / n"}).infer(aggregate(**CUSTOMERS), {})
    assert [one.name for one in serving(derived, ["each"]).inputs] == ["total", "n"]


def leaks(here: Table, target: str) -> set[str]:
    """Return the columns that depend on a target."""
    names = {column.node: name for name, column in here.columns.items()}
    reached = first_reached(names, here.nodes([target]))
    return {name for node, name in names.items() if node in reached} - {target}


def test_an_aggregate_of_the_target_gives_it_away_also_when_it_is_joined_back() -> None:
    """Whatever the rows are joined by: the group can contain the row that finds it."""
    totals = aggregate(total="SUM(amount)", n="COUNT(*)", most="MAX(CASE WHEN pieces > 2 THEN amount END)")
    back = step(op="join", with_="totals", using="customer").infer(ORDERS, {"totals": totals})
    assert leaks(back, "amount") == {"total", "most"}
    renamed = step(op="rename", columns={"customer": "who"}).infer(totals, {})
    other = step(op="join", with_="totals", on={"customer": "who"}).infer(ORDERS, {"totals": renamed})
    assert leaks(other, "amount") == {"total", "most"}
    # By way of a third table.
    bridge = table({"customer": {"dtype": "string", "unique": True}})
    found = step(op="join", with_="totals", using="customer").infer(bridge, {"totals": totals})
    back = step(op="join", with_="bridge", using="customer").infer(ORDERS, {"bridge": found})
    assert leaks(back, "amount") == {"total", "most"}


def test_a_group_of_rows_that_a_filter_of_the_target_left_gives_it_away() -> None:
    some = step(op="filter", where="amount > 3").infer(ORDERS, {})
    back = step(op="join", with_="totals", using="customer").infer(
        ORDERS, {"totals": aggregate(some, n="COUNT(*)")}
    )
    assert leaks(back, "amount") == {"n"}
    groups = aggregate(by=["amount"], n="COUNT(*)")
    assert leaks(step(op="join", with_="g", using="amount").infer(ORDERS, {"g": groups}), "amount") == {"n"}


def test_an_aggregate_of_what_is_known_only_afterwards_is_known_only_afterwards() -> None:
    after = aggregate(share="AVG(CAST(late AS BIGINT))", n="COUNT(*)")
    assert sendable(after) == ["customer", "n"]
    here = table({"customer": "string"})
    assert sendable(step(op="join", with_="t", using="customer").infer(here, {"t": after})) == [
        "customer",
        "n",
    ]


def problems(**definition: Any) -> list[tuple[Any, ...]]:
    found = rejected(step(op="aggregate", **definition), ORDERS)
    return [(problem.message, problem.at, problem.help) for problem in found]


def test_mistakes_are_each_one_problem() -> None:
    assert problems(
        by=["custmer", "day"],
        columns={"day": "COUNT(*)", "a": "amount", "b": "SUM(pices)", "^c$": "COUNT(*)", "d": "SUM(a)"},
    ) == [
        ("unknown column 'custmer'", ("by", 0), "did you mean 'customer'?"),
        ("there is already a column 'day'", ("columns", "day"), "choose another name for the new column"),
        (
            "this is not an aggregate function: it does not combine several rows into one value",
            ("columns", "a"),
            "available functions: SUM, AVG, MIN, MAX, COUNT",
        ),
        ("unknown column 'pices'", ("columns", "b"), "did you mean 'pieces'?"),
        (
            "'^c$' is not a valid column name",
            ("columns", "^c$"),
            "a column name cannot be empty, '*' or of the form '^...$', or contain the character U+0000",
        ),
        (
            "unknown column 'a'",
            ("columns", "d"),
            "this step adds it, but expressions can only use columns of earlier steps: add it in an earlier step",
        ),
    ]


def test_a_sum_that_does_not_fit_is_a_failure() -> None:
    big = ROWS.with_columns(pieces=pl.lit(2**62))
    with pytest.raises(Failed, match=r"^SUM of integers does not fit into 64 bits$"):
        run(step(op="aggregate", by="customer", columns={"n": "SUM(pieces)"}), ORDERS, big)
    huge = ROWS.with_columns(amount=pl.lit(1.7e308))
    with pytest.raises(Failed, match=r"^AVG is beyond the range of a 64-bit floating-point number$"):
        run(step(op="aggregate", by="customer", columns={"n": "AVG(amount)"}), ORDERS, huge)
    both = ROWS.with_columns(amount=pl.Series([float("inf"), 1.0, 1.0, float("-inf"), 1.0]))
    with pytest.raises(Failed, match=r"^SUM adds infinity and minus infinity, so its result is undefined$"):
        run(step(op="aggregate", by="customer", columns={"n": "SUM(amount)"}), ORDERS, both)


def test_an_aggregate_is_canonical() -> None:
    one = step(op="aggregate", by="customer", columns={"n": "sum(amount / 2)"}).canonical(ORDERS, {})
    assert one == step(op="aggregate", by=["customer"], columns={"n": "SUM((amount) * 0.5)"}).canonical(
        ORDERS, {}
    )
    assert one["columns"]["n"][0] == "sum"
