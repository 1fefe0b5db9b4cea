"""What each rule says about its violations, with each severity: for every rule in the catalogues."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from mlbuild.data.casts import polars_type
from mlbuild.data.rules import RULES, TABLE_RULES
from mlbuild.data.rules.strictness import SEVERITIES
from mlbuild.data.violations import violations
from tests.data.tables import contract

#: By rule: the keys of a column `x`, its values, and the message.
MESSAGES: dict[str, tuple[dict[str, Any], list[Any], str]] = {
    "nullable": ({"dtype": "int"}, [1, None], "column 'x' violates 'not null' in 1 row: null (row 2)"),
    "max_null_share": (
        {"dtype": "int", "nullable": True, "max_null_share": 0.25},
        [1, None, None],
        "column 'x' violates 'max_null_share 0.25' in 2 rows (66.67%, at most 25% allowed): null (row 2), null (row 3)",
    ),
    "min": ({"dtype": "int", "min": 0}, [-1, 0], "column 'x' violates 'min 0' in 1 row: -1 (row 1)"),
    "max": ({"dtype": "float", "max": 1}, [1.5, 0], "column 'x' violates 'max 1' in 1 row: 1.5 (row 1)"),
    "categories": (
        {"dtype": "string", "categories": ["a"]},
        ["a", "b"],
        "column 'x' violates 'categories' in 1 row: 'b' (row 2)",
    ),
    "pattern": (
        {"dtype": "string", "pattern": "a+"},
        ["aa", "ab"],
        "column 'x' violates 'pattern a+' in 1 row: 'ab' (row 2)",
    ),
    "min_length": (
        {"dtype": "string", "min_length": 2},
        ["aa", "b"],
        "column 'x' violates 'min_length 2' in 1 row: 'b' (row 2)",
    ),
    "max_length": (
        {"dtype": "string", "max_length": 1},
        ["aa", "b"],
        "column 'x' violates 'max_length 1' in 1 row: 'aa' (row 1)",
    ),
    "finite": ({"dtype": "float"}, [float("inf")], "column 'x' violates 'finite' in 1 row: 'inf' (row 1)"),
    "unique": (
        {"dtype": "int", "unique": True},
        [7, 8, 7],
        "column 'x' violates 'unique' in 2 rows: 7 (row 1), 7 (row 3)",
    ),
    "monotone": (
        {"dtype": "int", "monotone": "increasing"},
        [1, 3, 2],
        "column 'x' violates 'monotone increasing' in 1 row: 2 (row 3)",
    ),
    "references": (
        {"dtype": "int", "references": {"source": "s", "column": "c"}},
        [1, 2],
        "column 'x' violates 'references s.c' in 1 row: 2 (row 2)",
    ),
    "max_age": ({"dtype": "date", "max_age": "2d"}, [], "column 'x' violates 'max_age 2d'"),
}
#: By rule of a table: its keys, and the message about the columns `x` and `y`, which both are [1, 1].
TABLE_MESSAGES: dict[str, tuple[dict[str, Any], str]] = {
    "unique": (
        {"unique": ["x", "y"]},
        "columns 'x', 'y' violate 'unique [x, y]' in 2 rows: [1, 1] (row 1), [1, 1] (row 2)",
    ),
    "rows": ({"rows": {"min": 3}}, "the table violates 'rows min 3'"),
    "checks": (
        {"checks": {"a": {"where": "x < y"}}},
        "columns 'x', 'y' violate 'check a' in 2 rows: [1, 1] (row 1), [1, 1] (row 2)",
    ),
}


def test_every_rule_has_a_message_here() -> None:
    assert list(MESSAGES) == [cls.rule for cls in RULES]
    assert list(TABLE_MESSAGES) == [cls.rule for cls in TABLE_RULES]


@pytest.mark.parametrize("severity", SEVERITIES)
@pytest.mark.parametrize("rule", MESSAGES)
def test_a_rule_of_a_column_says_what_is_wrong(rule: str, severity: str) -> None:
    keys, values, message = MESSAGES[rule]
    (cls,) = (one for one in RULES if one.rule == rule)
    if not cls.strict:
        keys = {**keys, "severity": {rule: severity}}
    rows = pl.DataFrame({"x": pl.Series(values, dtype=polars_type(keys["dtype"]))})
    others = {("s", "c"): pl.Series([1], dtype=pl.Int64)}
    old = {"x": "its values are too old"} if cls.timed else {}
    (fault,) = violations(rows, contract({"x": keys}).rules(), [], others, old)
    assert fault.help == old.get("x")
    assert (str(fault), fault.level) == (message, "error" if cls.strict else severity)
    assert fault.at == ("columns", "x", rule)


@pytest.mark.parametrize("severity", SEVERITIES)
@pytest.mark.parametrize("rule", TABLE_MESSAGES)
def test_a_rule_of_a_table_says_what_is_wrong(rule: str, severity: str) -> None:
    keys, message = TABLE_MESSAGES[rule]
    (cls,) = (one for one in TABLE_RULES if one.rule == rule)
    if cls.strict:  # each of its parts has its own severity
        keys = {rule: {name: {**part, "severity": severity} for name, part in keys[rule].items()}}
    else:
        keys = {**keys, "severity": {rule: severity}}
    rows = pl.DataFrame({"x": [1, 1], "y": [1, 1]})
    (fault,) = violations(rows, contract({"x": "int", "y": "int"}, **keys).rules(), [])
    assert (str(fault), fault.level) == (message, severity)
    assert fault.at[0] == rule
