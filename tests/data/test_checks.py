"""Rules for whole tables, and named conditions."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from mlbuild.data.rules.stated import StatedRules
from mlbuild.data.violations import violations
from mlbuild.spec.meaning.contradictions import contradictions
from tests.data.tables import contract, read_file, told

COLUMNS = {
    "a": {"dtype": "float", "nullable": True},
    "b": {"dtype": "int", "nullable": True},
    "s": {"dtype": "string", "nullable": True},
    "d": {"dtype": "date", "nullable": True},
}
ROWS = pl.DataFrame(
    {
        "a": [1.0, 2.5, None, -0.0],
        "b": [1, 2, 3, None],
        "s": ["x", "y", "x", None],
        "d": [date(2020, 1, 1), None, date(2020, 1, 3), date(2020, 1, 2)],
    }
)


def broken(table: pl.DataFrame, **rules: Any) -> list[str]:
    """Return the violations of rules for the table, after they were written as the parameters of a task."""
    made = StatedRules.from_json(contract(COLUMNS, **rules).rules().to_json())
    return [f"{fault} ({fault.help})" if fault.help else str(fault) for fault in violations(table, made, [])]


def checked(**check: Any) -> list[str]:
    return broken(ROWS, checks={"c": check})


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ({"min": 4, "max": 4}, []),
        ({"min": 5}, ["the table violates 'rows min 5' (it has 4)"]),
        ({"max": 3}, ["the table violates 'rows max 3' (it has 4)"]),
    ],
)
def test_the_number_of_rows(rows: Any, found: list[str]) -> None:
    assert broken(ROWS, rows=rows) == found
    assert broken(ROWS.clear(), rows={"min": 1}) == ["the table violates 'rows min 1' (it has 0)"]


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("a <= b", ["columns 'a', 'b' violate 'check c' in 1 row: [2.5, 2] (row 2)"]),
        ("a IS NOT NULL", ["column 'a' violates 'check c' in 1 row: null (row 3)"]),
        ("a < 100 OR s = 'x'", []),
        ("d >= '2020-01-02'", ["column 'd' violates 'check c' in 1 row: '2020-01-01' (row 1)"]),
    ],
)
def test_a_condition_for_each_row_holds_where_it_is_missing(where: str, found: list[str]) -> None:
    assert checked(where=where) == found
    assert broken(ROWS.clear(), checks={"c": {"where": where}}) == []


@pytest.mark.parametrize(
    ("table", "found"),
    [
        ("COUNT(*) >= 4 AND AVG(b) = 2", None),
        ("COUNT(*) > 4", "COUNT(*) is 4"),
        ("AVG(a * 2) > 3", "AVG(a * 2) is 2.33333"),
        ("MAX(d) < '2020-01-03' AND MIN(d) > '2019-01-01'", "MAX(d) is 2020-01-03, MIN(d) is 2020-01-01"),
        ("COUNT(DISTINCT s) = COUNT(s)", "COUNT(DISTINCT s) is 2, COUNT(s) is 3"),
        ("SUM(a) > SUM(b)", "SUM(a) is 3.5, SUM(b) is 6"),
        ("(COUNT(*)) <> 4", "COUNT(*) is 4"),
    ],
)
def test_a_condition_for_the_table(table: str, found: str | None) -> None:
    assert checked(table=table) == ([f"the table violates 'check c' ({found})"] if found else [])


def test_aggregates_of_no_rows_are_missing_and_keep_a_condition() -> None:
    check = {"table": "AVG(a) > 100 AND MAX(d) > '2030-01-01'"}
    assert broken(ROWS.clear(), checks={"c": check}) == []
    assert broken(ROWS.clear(), checks={"c": {"table": "COUNT(*) > 0"}}) == [
        "the table violates 'check c' (COUNT(*) is 0)"
    ]


def test_a_check_can_warn_and_tolerate_a_share_of_rows() -> None:
    checks = {
        "few": {"where": "b < 3", "max_share": 0.25},
        "many": {"where": "b < 2", "max_share": 0.25, "severity": "warn"},
        "whole": {"table": "COUNT(*) > 9", "severity": "warn"},
    }
    found = violations(
        ROWS, contract(COLUMNS, checks=checks, rows={"min": 9}, severity={"rows": "warn"}).rules(), []
    )
    assert {(str(fault), fault.level, fault.at) for fault in found} == {
        (
            "column 'b' violates 'check many' in 2 rows (50%, at most 25% allowed): 2 (row 2), 3 (row 3)",
            "warn",
            ("checks", "many", "where"),
        ),
        ("the table violates 'check whole'", "warn", ("checks", "whole", "table")),
        ("the table violates 'rows min 9'", "warn", ("rows", "min")),
    }


def test_checks_of_columns_that_the_file_lacks_are_not_evaluated(tmp_path: Any) -> None:
    rows, faults = read_file(tmp_path / "rows.csv", COLUMNS, "a,b,d\n1,2,2020-01-01\n")
    checks = {"c": {"where": "s IS NOT NULL"}, "d": {"table": "COUNT(s) > 0"}}
    found = violations(rows, contract(COLUMNS, checks=checks).rules(), faults)
    assert [str(fault) for fault in found] == ["column 's' is missing"]


@pytest.mark.parametrize(
    ("more", "message", "at"),
    [
        ({"rows": {"min": 2, "max": 1}}, "'min' 2 is greater than 'max' 1", ("rows", "min")),
        ({"rows": {}}, "'rows' needs 'min' or 'max'", ("rows",)),
        ({"checks": {"c": {}}}, "a check needs 'where' or 'table'", ("checks", "c")),
        (
            {"checks": {"c": {"where": "a > 1", "table": "COUNT(*) > 1"}}},
            "a check needs 'where' or 'table', but not both",
            ("checks", "c"),
        ),
        (
            {"checks": {"c": {"table": "COUNT(*) > 1", "max_share": 0.1}}},
            "'max_share' has no effect on a check of the whole table",
            ("checks", "c", "max_share"),
        ),
        ({"checks": {"c": {"where": "z > 1"}}}, "unknown column 'z'", ("checks", "c", "where")),
        (
            {"checks": {"c": {"where": "a + 1"}}},
            "a check needs a condition of dtype bool, but this is of dtype float",
            ("checks", "c", "where"),
        ),
        (
            {"checks": {"c": {"table": "a > 1 AND COUNT(*) > 1"}}},
            "'a' must be the argument of an aggregate function, such as MAX",
            ("checks", "c", "table"),
        ),
        (
            {"checks": {"c": {"table": "1 > 2"}}},
            "a condition on the table needs an aggregate function, such as COUNT(*)",
            ("checks", "c", "table"),
        ),
        ({"checks": {"c": {"table": "SUM(s) > 1"}}}, "SUM takes numbers, not a string", ("checks", "c", "table")),
        ({"checks": {"c": {"table": "COUNT(*)"}}}, "a check needs a condition of dtype bool, but this is of dtype int", ("checks", "c", "table")),
    ],
)  # fmt: skip
def test_what_a_check_cannot_be(more: Any, message: str, at: tuple[str, ...]) -> None:
    assert told(contradictions(contract(COLUMNS, **more), ())) == [(message, at)]


def test_layout_of_a_condition_is_not_part_of_its_canonical_form() -> None:
    made = [
        contract(COLUMNS, checks={"c": {"where": where}, "t": {"table": table}}).rules().to_json()
        for where, table in (("a>1 AND b>2", "count(*)>1"), ("a > 1  and (b > 2)", "COUNT( * ) > 1"))
    ]
    assert made[0] == made[1]
