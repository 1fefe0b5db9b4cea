from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from mlbuild.data.serving import sendable
from tests.data.tables import rejected, run, step, table, told

TABLE = table(
    {"mail": {"dtype": "string", "nullable": True}, "day": {"dtype": "int", "nullable": True}, "x": "int"}
)
ROWS = pl.DataFrame(
    {"mail": ["a", "b", "a", None, "a", None, "b"], "day": [2, None, 1, 1, 2, 1, 5], "x": [*range(7)]}
)


@pytest.mark.parametrize(
    ("definition", "kept"),
    [
        ({}, [0, 1, 3, 5]),
        ({"keep": "last"}, [3, 4, 5, 6]),
        ({"order": "day"}, [2, 3, 5, 6]),
        ({"order": "day", "keep": "last"}, [3, 4, 5, 6]),
        ({"order": ["day", "x"], "keep": "first"}, [2, 3, 5, 6]),
    ],
)
def test_one_row_of_each_key_is_kept_and_all_without_a_key(
    definition: dict[str, Any], kept: list[int]
) -> None:
    made = run(step(op="deduplicate", by="mail", **definition), TABLE, ROWS)
    assert made["x"].to_list() == kept


def test_a_row_without_a_value_to_order_by_is_kept_only_alone() -> None:
    rows = pl.DataFrame({"mail": ["a", "a", "b"], "day": [None, 3, None], "x": [0, 1, 2]})
    for keep in ("first", "last"):
        assert run(step(op="deduplicate", by="mail", order="day", keep=keep), TABLE, rows)["x"].to_list() == [
            1,
            2,
        ]


def test_several_columns_identify_a_row_only_together() -> None:
    rows = pl.DataFrame({"mail": ["a", "a", "a"], "day": [1, 2, 1], "x": [0, 1, 2]})
    assert run(step(op="deduplicate", by=["mail", "day"]), TABLE, rows)["x"].to_list() == [0, 1]


def test_joins_rely_on_it() -> None:
    here = table({"mail": "string"})
    single = step(op="deduplicate", by="mail").infer(TABLE, {})
    join = step(op="join", with_="b", using="mail")
    assert {problem.code for problem in rejected(join, here, b=TABLE)} == {"not-unique"}
    assert [*join.infer(here, {"b": single}).columns] == ["mail", "day", "x"]


def test_rows_that_are_unique_already_are_refused() -> None:
    here = table({"id": {"dtype": "int", "unique": True}, "x": "int"})
    problems = rejected(step(op="deduplicate", by=["id", "x"]), here)
    assert told(problems) == [("the rows are already unique in [id, x]", ("by",))]


def test_unknown_columns_are_refused() -> None:
    problems = rejected(step(op="deduplicate", by=["mial"], order=["x", "dya"]), TABLE)
    assert told(problems) == [("unknown column 'mial'", ("by", 0)), ("unknown column 'dya'", ("order", 1))]


def test_what_a_row_was_chosen_by_is_known_when_a_join_finds_it() -> None:
    """Also if it was chosen by the order that an earlier step had put the rows into."""
    logs = table({"mail": "string", "churn": {"dtype": "float", "serving": False}, "x": "int"})
    here, join = table({"mail": "string"}), step(op="join", with_="b", using="mail")
    by_churn = step(op="deduplicate", by="mail", order="churn").infer(logs, {})
    assert sendable(join.infer(here, {"b": by_churn})) == ["mail"]
    in_order = step(op="sort", by="churn").infer(logs, {})
    first = step(op="deduplicate", by="mail").infer(in_order, {})
    assert sendable(join.infer(here, {"b": first})) == ["mail"]
    any_ = step(op="deduplicate", by="mail").infer(logs, {})
    assert sendable(join.infer(here, {"b": any_})) == ["mail", "x"]
