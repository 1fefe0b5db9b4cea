"""Changes of contracts: which of them break what readers of the table rely on."""

from __future__ import annotations

from typing import Any

import pytest

from mlbuild.data.contract_changes import contract_changes
from mlbuild.data.contracts import CONTRACT, Contract
from mlbuild.data.rules import RULES, TABLE_RULES
from mlbuild.data.rules.rule import Rule
from mlbuild.params import read
from tests.data.rule_law import cases, found

_FLOAT, _INT, _TEXT = {"dtype": "float"}, {"dtype": "int"}, {"dtype": "string"}
_REFERENCE = {"references": {"source": "s", "column": "c"}}
_OTHER = {"references": {"source": "s", "column": "d"}}
#: What changes of a column `x`, by the rule or key that changes: old and new keys, and the message.
CHANGES: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("dtype", _INT, _FLOAT, "breaking t.x: dtype int -> dtype float"),
    ("serving", _INT, {**_INT, "serving": False}, "breaking t.x: serving true -> serving false"),
    ("serving", {**_INT, "serving": False}, _INT, "compatible t.x: serving false -> serving true"),
    (
        "empty_is_null",
        _TEXT,
        {**_TEXT, "empty_is_null": False},
        "breaking t.x: empty_is_null true -> empty_is_null false",
    ),
    ("description", _INT, {**_INT, "description": "words"}, ""),
    ("private", _INT, {**_INT, "private": True}, ""),
    ("nullable", _INT, {**_INT, "nullable": True}, "breaking t.x: removed not null"),
    ("nullable", {**_INT, "nullable": True}, _INT, "compatible t.x: added not null"),
    (
        "max_null_share",
        {**_INT, "nullable": True, "max_null_share": 0.1},
        {**_INT, "nullable": True, "max_null_share": 0.2},
        "breaking t.x: max_null_share 0.1 -> max_null_share 0.2",
    ),
    (
        "max_null_share",
        {**_INT, "nullable": True, "max_null_share": 0.1},
        {**_INT, "nullable": True, "max_null_share": 0.01},
        "compatible t.x: max_null_share 0.1 -> max_null_share 0.01",
    ),
    (
        "max_null_share",
        {**_INT, "nullable": True, "max_null_share": 0.1},
        _INT,
        "compatible t.x: removed max_null_share 0.1 / compatible t.x: added not null",
    ),
    ("min", {**_INT, "min": 0}, {**_INT, "min": -1}, "breaking t.x: min 0 -> min -1"),
    ("min", {**_INT, "min": 0}, {**_INT, "min": 1}, "compatible t.x: min 0 -> min 1"),
    ("min", {**_INT, "min": 0}, _INT, "breaking t.x: removed min 0"),
    ("min", _INT, {**_INT, "min": 0}, "compatible t.x: added min 0"),
    (
        "min",
        {**_FLOAT, "min": 0, "exclusive_min": True},
        {**_FLOAT, "min": 0},
        "breaking t.x: min 0 (exclusive) -> min 0",
    ),
    (
        "min",
        {**_FLOAT, "min": 0},
        {**_FLOAT, "min": 0, "exclusive_min": True},
        "compatible t.x: min 0 -> min 0 (exclusive)",
    ),
    (
        "min",
        {"dtype": "date", "min": "2013-01-01"},
        {"dtype": "date", "min": "2012-12-31"},
        "breaking t.x: min 2013-01-01 -> min 2012-12-31",
    ),
    ("max", {**_INT, "max": 9}, {**_INT, "max": 10}, "breaking t.x: max 9 -> max 10"),
    ("max", {**_INT, "max": 9}, {**_INT, "max": 8}, "compatible t.x: max 9 -> max 8"),
    (
        "max",
        {**_INT, "max": 9, "exclusive_max": True},
        {**_INT, "max": 9},
        "breaking t.x: max 9 (exclusive) -> max 9",
    ),
    (
        "categories",
        {**_TEXT, "categories": ["a", "b"]},
        {**_TEXT, "categories": ["b", "c"]},
        "breaking t.x: categories ['a', 'b'] -> categories ['b', 'c']",
    ),
    (
        "categories",
        {**_TEXT, "categories": ["a", "b"]},
        {**_TEXT, "categories": ["b"]},
        "compatible t.x: categories ['a', 'b'] -> categories ['b']",
    ),
    (
        "categories",
        {**_TEXT, "categories": ["a"]},
        {**_TEXT, "categories": {"values": ["a"], "open": True, "max_new_share": 0.1}},
        "breaking t.x: categories ['a'] -> open categories ['a']",
    ),
    (
        "pattern",
        {**_TEXT, "pattern": "a+"},
        {**_TEXT, "pattern": "a*"},
        "breaking t.x: pattern a+ -> pattern a*",
    ),
    ("pattern", _TEXT, {**_TEXT, "pattern": "a*"}, "compatible t.x: added pattern a*"),
    (
        "min_length",
        {**_TEXT, "min_length": 3},
        {**_TEXT, "min_length": 2},
        "breaking t.x: min_length 3 -> min_length 2",
    ),
    (
        "min_length",
        {**_TEXT, "min_length": 3},
        {**_TEXT, "min_length": 4},
        "compatible t.x: min_length 3 -> min_length 4",
    ),
    (
        "max_length",
        {**_TEXT, "max_length": 3},
        {**_TEXT, "max_length": 4},
        "breaking t.x: max_length 3 -> max_length 4",
    ),
    (
        "max_length",
        {**_TEXT, "max_length": 3},
        {**_TEXT, "max_length": 2},
        "compatible t.x: max_length 3 -> max_length 2",
    ),
    ("finite", _FLOAT, {**_FLOAT, "finite": False}, "breaking t.x: removed finite"),
    ("unique", {**_INT, "unique": True}, _INT, "breaking t.x: removed unique"),
    (
        "monotone",
        {**_INT, "monotone": "strictly_increasing"},
        {**_INT, "monotone": "increasing"},
        "breaking t.x: monotone strictly_increasing -> monotone increasing",
    ),
    (
        "monotone",
        {**_INT, "monotone": "increasing"},
        {**_INT, "monotone": "strictly_increasing"},
        "compatible t.x: monotone increasing -> monotone strictly_increasing",
    ),
    (
        "references",
        {**_INT, **_REFERENCE},
        {**_INT, **_OTHER},
        "breaking t.x: references s.c -> references s.d",
    ),
    (
        "max_age",
        {"dtype": "date", "max_age": "2d"},
        {"dtype": "date", "max_age": "49h"},
        "breaking t.x: max_age 2d -> max_age 49h",
    ),
    (
        "max_age",
        {"dtype": "date", "max_age": "2w"},
        {"dtype": "date", "max_age": "14d"},
        "",
    ),
    (
        "max_age",
        {"dtype": "date", "max_age": "2d"},
        {"dtype": "date", "max_age": "30min"},
        "compatible t.x: max_age 2d -> max_age 30min",
    ),
    (
        "severity",
        {**_INT, "min": 0},
        {**_INT, "min": 0, "severity": {"min": "warn"}},
        "breaking t.x: min 0 -> min 0 (only warns)",
    ),
    (
        "severity",
        {**_INT, "min": 0, "severity": {"min": "warn"}},
        _INT,
        "compatible t.x: removed min 0 (only warns)",
    ),
    (
        "max_share",
        {**_INT, "min": 0, "max_share": {"min": 0.01}},
        {**_INT, "min": 0, "max_share": {"min": 0.02}},
        "breaking t.x: min 0 (at most 1% of the rows) -> min 0 (at most 2% of the rows)",
    ),
]
#: The same for keys of a contract.
_ROWS, _CHECK = {"min": 10, "max": 99}, {"a": {"where": "x > 0"}}
TABLE_CHANGES: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("unique", {"unique": ["x"]}, {"unique": ["x", "y"]}, "breaking t: unique [x] -> unique [x, y]"),
    ("unique", {"unique": ["x", "y"]}, {"unique": ["y"]}, "compatible t: unique [x, y] -> unique [y]"),
    ("rows", {"rows": _ROWS}, {"rows": {"min": 9}}, "breaking t: rows min 10, max 99 -> rows min 9"),
    ("rows", {"rows": {"min": 9}}, {"rows": _ROWS}, "compatible t: rows min 9 -> rows min 10, max 99"),
    (
        "checks",
        {"checks": _CHECK},
        {"checks": {"b": {"where": "y > 0"}}},
        "breaking t: checks a (x > 0) -> checks b (y > 0)",
    ),
    (
        "checks",
        {"checks": _CHECK},
        {"checks": {**_CHECK, "b": {"where": "y > 0"}}},
        "compatible t: checks a (x > 0) -> checks a (x > 0), b (y > 0)",
    ),
    (
        "checks",
        {"checks": {"a": {"where": "x > 0", "severity": "warn"}}},
        {},
        "compatible t: removed checks a (x > 0)",
    ),
]


def contract(column: Any, **more: Any) -> Contract:
    return read(CONTRACT, {"columns": {"x": column, "y": "int"}, **more})


def told(old: Contract, new: Contract) -> str:
    changes = contract_changes({"t": old}, {"t": new})
    return " / ".join(f"{'breaking' if one.breaking else 'compatible'} {one}" for one in changes)


@pytest.mark.parametrize(("what", "old", "new", "message"), CHANGES)
def test_a_change_of_a_column_breaks_readers_or_not(what: str, old: Any, new: Any, message: str) -> None:
    assert told(contract(old), contract(new)) == message


@pytest.mark.parametrize(("what", "old", "new", "message"), TABLE_CHANGES)
def test_a_change_of_a_table_breaks_readers_or_not(what: str, old: Any, new: Any, message: str) -> None:
    assert told(contract("int", **old), contract("int", **new)) == message


def test_every_rule_has_a_row_in_the_tables() -> None:
    assert {cls.rule for cls in RULES} <= {what for what, *_ in CHANGES}
    assert {cls.rule for cls in TABLE_RULES} == {what for what, *_ in TABLE_CHANGES}


def test_columns_and_contracts_come_and_go() -> None:
    one, two = (
        read(CONTRACT, {"columns": {"x": "int"}}),
        read(CONTRACT, {"columns": {"x": "int", "z": "date"}}),
    )
    assert told(one, two) == "compatible t.z: added column of dtype date"
    assert told(two, one) == "breaking t.z: removed column of dtype date"
    assert told(one, one) == ""
    found = contract_changes({"a": one}, {"b": one})
    assert [(str(change), change.breaking) for change in found] == [
        ("a: removed contract", True),
        ("b: added contract", False),
    ]


@pytest.mark.parametrize("cls", RULES, ids=lambda cls: cls.rule)
def test_a_rule_that_is_implied_is_kept(cls: type[Rule]) -> None:
    """Values that keep a rule keep every rule that it implies; and a rule implies itself."""
    known = [case for case in cases(cls) if case[1] is not None]
    for dtype, _, rule, _ in known:
        assert rule.implied_by(rule)
        for other_dtype, example, other, _ in known:
            if example is not None and dtype == other_dtype and rule.implied_by(other):
                assert found(rule, dtype, example.keeps, example) == []
