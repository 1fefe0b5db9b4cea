from __future__ import annotations

from datetime import date, datetime
from typing import Any

import polars as pl
import pytest

from mlbuild.data.lineage import first_reached
from mlbuild.data.serving import sendable, serving
from mlbuild.data.table import Table
from mlbuild.diagnostics import Failed
from tests.data.tables import rejected, reported, run, step, table, told

ORDERS = table(
    {
        "id": {"dtype": "int", "unique": True},
        "product": {"dtype": "string", "nullable": True},
        "at": "datetime",
    }
)
PRICES = table(
    {"product": "string", "valid": {"dtype": "date", "nullable": True}, "price": "float", "note": "string"},
    unique=["product", "valid"],
)
ROWS = pl.DataFrame(
    {
        "id": [1, 2, 3, 4, 5, 6],
        "product": ["a", "a", "a", "b", None, "c"],
        "at": [
            datetime(2020, 1, day, hour) for day, hour in ((3, 0), (3, 1), (1, 0), (9, 0), (9, 0), (9, 0))
        ],
    }
)
LISTED = pl.DataFrame(
    {
        "product": ["a", "b", "a", "a", "b"],
        "valid": [date(2020, 1, 3), date(2020, 1, 1), date(2020, 1, 1), date(2020, 2, 1), None],
        "price": [3.0, 2.0, 1.0, 4.0, 9.0],
        "note": ["third", "b", "first", "later", "never"],
    }
)
ASOF = {"op": "asof_join", "with": "prices", "by": "product", "time": "at", "their_time": "valid"}


def joined(listed: pl.DataFrame = LISTED, **more: Any) -> pl.DataFrame:
    return run(step(**ASOF, **more), ORDERS, ROWS, prices=(PRICES, listed))


@pytest.mark.parametrize(
    ("more", "prices"),
    [
        ({}, [1.0, 3.0, None, 2.0, None, None]),
        ({"tolerance": "1d"}, [None, 3.0, None, None, None, None]),
        ({"tolerance": "2d"}, [1.0, 3.0, None, None, None, None]),
        ({"known_after": "1h"}, [1.0, 3.0, None, 2.0, None, None]),
        ({"known_after": "2h"}, [1.0, 1.0, None, 2.0, None, None]),
        # The latest row that is known is too old, whatever a later one is.
        ({"known_after": "2h", "tolerance": "2d"}, [1.0, None, None, None, None, None]),
    ],
)
def test_the_latest_row_that_is_strictly_earlier(more: Any, prices: list[Any]) -> None:
    made, report = reported(step(**ASOF, **more), ORDERS, ROWS, prices=(PRICES, LISTED))
    assert made.columns == ["id", "product", "at", "valid", "price", "note"]
    assert made["id"].to_list() == ROWS["id"].to_list()
    assert made["price"].to_list() == prices
    assert report["matched"] == sum(price is not None for price in prices)


def test_no_rows_and_no_others() -> None:
    assert joined(LISTED.clear())["price"].to_list() == [None] * 6
    made = run(step(**ASOF), ORDERS, ROWS.clear(), prices=(PRICES, LISTED))
    assert made.is_empty() and made.columns[-1] == "note"


def test_what_is_added_can_be_missing_and_is_sent() -> None:
    after = step(**ASOF, prefix="p_").infer(ORDERS, {"prices": PRICES})
    assert [*after.columns] == ["id", "product", "at", "p_valid", "p_price", "p_note"]
    assert str(after.served["p_price"]) == "float, nullable" and after.promises() == [("id",)]
    assert [one.name for one in serving(after, ["p_price"]).inputs] == ["p_price"]


def test_several_latest_rows_are_refused() -> None:
    loose = table({"product": "string", "valid": "date", "price": "float"})
    (problem,) = rejected(step(**ASOF), ORDERS, prices=loose)
    assert (problem.message, problem.at, problem.help) == (
        "several rows of 'prices' could be the latest: it is not declared unique in [product, valid]",
        ("with",),
        "add 'unique: [product, valid]' to the contract of 'prices', or use 'deduplicate' in a dataset",
    )
    message = r"^the as-of join by \[product, valid\] finds several rows with the same time$"
    with pytest.raises(Failed, match=message):
        joined(pl.concat([LISTED, LISTED]))


def leaks(here: Table, target: str) -> set[str]:
    names = {column.node: name for name, column in here.columns.items()}
    reached = first_reached(names, here.nodes([target]))
    return {name for node, name in names.items() if node in reached} - {target}


def test_an_earlier_row_of_the_same_file_gives_the_target_away_unless_it_is_known() -> None:
    columns = {
        "id": "int",
        "k": "string",
        "at": "date",
        "y": "float",
        "z": {"dtype": "float", "serving": False},
    }
    here, again = (table(columns, file="rows", unique=["k", "at"]) for _ in range(2))
    asof = {
        "op": "asof_join",
        "with": "again",
        "by": "k",
        "time": "at",
        "their_time": "at",
        "prefix": "last_",
    }
    after = step(**asof).infer(here, {"again": again})
    assert leaks(after, "y") == {"last_y"}
    assert [*sendable(after)] == ["id", "k", "at", "y", "last_id", "last_at", "last_y"]
    known = step(**asof, known_after="1d").infer(here, {"again": again})
    assert leaks(known, "y") == set()
    assert "last_z" in sendable(known) and "z" not in sendable(known)


def test_what_an_aggregate_there_is_made_from_stays_a_leak() -> None:
    here = table({"id": "int", "k": "string", "at": "date", "y": "float"}, file="rows")
    days = step(op="aggregate", by=["k", "at"], columns={"total": "SUM(y)"}).infer(here, {})
    asof = {"op": "asof_join", "with": "days", "by": "k", "time": "at", "their_time": "at", "prefix": "last_"}
    assert leaks(step(**asof).infer(here, {"days": days}), "y") == {"last_total"}


def test_mistakes_are_each_one_problem() -> None:
    made = step(op="asof_join", with_="prices", by=["prodct"], time="id", their_time="price")
    assert [(problem.message, problem.at) for problem in rejected(made, ORDERS, prices=PRICES)] == [
        ("unknown column 'prodct'", ("by", 0)),
        ("'id' is of dtype int, but times must be dates or datetimes", ("time",)),
        (
            "'price' of 'prices' is of dtype float, but times must be dates or datetimes",
            ("their_time",),
        ),
    ]
    made = step(op="asof_join", with_="prices", by=["product"], time="att", their_time="vald")
    assert told(rejected(made, ORDERS, prices=PRICES)) == [
        ("unknown column 'att'", ("time",)),
        ("'prices' has no column 'vald'", ("their_time",)),
    ]
    here = table({"product": "string", "at": "date", "valid": "date"})
    assert told(rejected(step(**ASOF), here, prices=PRICES)) == [
        ("'prices' would add a second column 'valid'", ("with",))
    ]
    made = step(op="asof_join", with_="prices", by=["valid"], time="at", their_time="valid")
    assert told(rejected(made, here, prices=PRICES)) == [
        ("'valid' is also in 'by', so no earlier row has the same key", ("their_time",))
    ]


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"tolerance": "0d"}, ("'tolerance' must be longer than 0", ("tolerance",))),
        (
            {"tolerance": "1h", "known_after": "1d"},
            ("no row of the last 1h is known yet: 'known_after' is 1d", ("tolerance",)),
        ),
    ],
)
def test_a_join_that_finds_nothing_is_refused(more: Any, problem: Any) -> None:
    assert told(step(**ASOF, **more).check()) == [problem]
