from __future__ import annotations

import json
from typing import Any

import pytest

from mlbuild.data.contracts import COLUMN, CONTRACT
from mlbuild.data.rules.stated import StatedRules
from mlbuild.params import object_schema, read, write
from tests.data.tables import contract, told


def problems(**column: Any) -> list[tuple[str, tuple[str | int, ...]]]:
    return told(read(COLUMN, column).check())


@pytest.mark.parametrize(
    "column",
    [
        {"dtype": "int"},
        {"dtype": "int", "min": 0, "max": 0, "unique": True},
        {"dtype": "int", "categories": [1, 2.0], "unique": True},
        {"dtype": "int", "min": 0.5, "finite": True, "empty_is_null": True},
        {"dtype": "int", "min": 0.5, "max": 1},
        {"dtype": "float", "min": -1e300, "max": 10**30, "finite": False, "nullable": True},
        {"dtype": "bool", "categories": [True]},
        {"dtype": "date", "min": "2013-01-01", "max": "2013-12-31"},
        {"dtype": "datetime", "min": "2013-01-01T05:00:00Z", "max": "2013-01-01 05:00:00.5"},
        {"dtype": "string", "nullable": True, "categories": ["a", "NA", "1"]},
        {"dtype": "string", "empty_is_null": False, "categories": ["", "a"]},
        {"dtype": "string", "empty_is_null": False, "nullable": True, "null_token": "-"},
        {"dtype": "string", "empty_is_null": False, "null_token": "-", "serving": False},
        {"dtype": "float", "min": 0, "exclusive_min": True, "max": 5e-324},
        {"dtype": "int", "min": 0, "exclusive_min": True, "max": 2, "exclusive_max": True},
        {"dtype": "string", "pattern": r"\p{Lu}[a-z]*|(?x) ( a ) ", "min_length": 2, "max_length": 2},
        {"dtype": "string", "empty_is_null": False, "min_length": 1},
        {"dtype": "datetime", "monotone": "increasing", "unique": True},
        {"dtype": "datetime", "max_age": "90s", "severity": {"max_age": "warn"}},
        {"dtype": "int", "categories": {"values": [1], "open": True}, "min": 0},
        {"dtype": "float", "severity": {"finite": "warn"}, "max_share": {"finite": 0.1}},
        {"dtype": "int", "nullable": True, "max_null_share": 0, "severity": {"max_null_share": "warn"}},
    ],
)
def test_a_sound_column_has_no_problems(column: dict[str, Any]) -> None:
    assert problems(**column) == []


@pytest.mark.parametrize(
    ("column", "message", "at"),
    [
        ({"dtype": "string", "min": 1}, "'min' has no effect on a column of dtype string", ("min",)),
        ({"dtype": "bool", "max": 1}, "'max' has no effect on a column of dtype bool", ("max",)),
        (
            {"dtype": "float", "categories": [1.5]},
            "'categories' has no effect on a column of dtype float",
            ("categories",),
        ),
        (
            {"dtype": "date", "categories": ["2013-01-01"]},
            "'categories' has no effect on a column of dtype date",
            ("categories",),
        ),
        ({"dtype": "int", "finite": False}, "'finite' has no effect on a column of dtype int", ("finite",)),
        (
            {"dtype": "int", "empty_is_null": False},
            "'empty_is_null' has no effect on a column of dtype int",
            ("empty_is_null",),
        ),
        (
            {"dtype": "int", "categories": [1, 2], "min": 1},
            "'min' has no effect together with 'categories'",
            ("min",),
        ),
        (
            {"dtype": "int", "categories": [1, 2], "max": 9},
            "'max' has no effect together with 'categories'",
            ("max",),
        ),
        (
            {"dtype": "int", "null_token": "-"},
            "'null_token' has no effect on a column of dtype int",
            ("null_token",),
        ),
        (
            {"dtype": "string", "nullable": True, "null_token": "-"},
            "'null_token' has no effect unless 'empty_is_null' is false",
            ("null_token",),
        ),
        (
            {"dtype": "string", "nullable": True, "empty_is_null": False},
            "a nullable string column with 'empty_is_null: false' needs a 'null_token'",
            ("empty_is_null",),
        ),
        ({"dtype": "int", "min": 2, "max": 1}, "'min' 2 is greater than 'max' 1", ("min",)),
        (
            {"dtype": "int", "min": 0.5, "max": 0.7},
            "there is no integer between 'min' 0.5 and 'max' 0.7",
            ("min",),
        ),
        (
            {"dtype": "date", "min": "2013-02-01", "max": "2013-01-31"},
            "'min' 2013-02-01 is greater than 'max' 2013-01-31",
            ("min",),
        ),
        ({"dtype": "int", "min": "1"}, "'min' of a column of dtype int must be a finite number", ("min",)),
        (
            {"dtype": "float", "max": float("inf")},
            "'max' of a column of dtype float must be a finite number",
            ("max",),
        ),
        (
            {"dtype": "float", "min": float("nan")},
            "'min' of a column of dtype float must be a finite number",
            ("min",),
        ),
        (
            {"dtype": "date", "min": 2013},
            "'min' of a column of dtype date must be an ISO date, such as 2013-10-01",
            ("min",),
        ),
        (
            {"dtype": "datetime", "max": "2013-13-01"},
            "'max' of a column of dtype datetime must be an ISO date, such as 2013-10-01",
            ("max",),
        ),
        (
            {"dtype": "float", "min": 1, "max": 1, "exclusive_max": True},
            "there is no value between 'min' 1 and 'max' 1, because a bound is exclusive",
            ("min",),
        ),
        (
            {"dtype": "int", "min": 0, "exclusive_min": True, "max": 1, "exclusive_max": True},
            "there is no integer between 'min' 0 and 'max' 1",
            ("min",),
        ),
        (
            {"dtype": "float", "exclusive_min": True},
            "'exclusive_min' has no effect without 'min'",
            ("exclusive_min",),
        ),
        (
            {"dtype": "date", "exclusive_max": True},
            "'exclusive_max' has no effect without 'max'",
            ("exclusive_max",),
        ),
        ({"dtype": "int", "pattern": "1"}, "'pattern' has no effect on a column of dtype int", ("pattern",)),
        (
            {"dtype": "string", "categories": ["a"], "pattern": "a"},
            "'pattern' has no effect together with 'categories'",
            ("pattern",),
        ),
        (
            {"dtype": "string", "pattern": "(a"},
            "'pattern' is not a valid regular expression: unclosed group",
            ("pattern",),
        ),
        (
            {"dtype": "string", "pattern": "a)(b"},
            "'pattern' is not a valid regular expression: unopened group",
            ("pattern",),
        ),
        (
            {"dtype": "string", "pattern": "(?=a)b"},
            "'pattern' is not a valid regular expression: look-around, including look-ahead and look-behind, "
            "is not supported",
            ("pattern",),
        ),
        (
            {"dtype": "string", "pattern": "(?x)a # the end"},
            "'pattern' is not a valid regular expression: unclosed group",
            ("pattern",),
        ),
        (
            {"dtype": "string", "min_length": 3, "max_length": 2},
            "'min_length' 3 is greater than 'max_length' 2",
            ("min_length",),
        ),
        (
            {"dtype": "string", "min_length": 1},
            "'min_length' 1 has no effect, because an empty string is a missing value here",
            ("min_length",),
        ),
        (
            {"dtype": "string", "categories": ["ab"], "min_length": 2},
            "'min_length' has no effect together with 'categories'",
            ("min_length",),
        ),
        (
            {"dtype": "string", "categories": ["ab"], "max_length": 2},
            "'max_length' has no effect together with 'categories'",
            ("max_length",),
        ),
        (
            {"dtype": "string", "monotone": "increasing"},
            "'monotone' has no effect on a column of dtype string",
            ("monotone",),
        ),
        (
            {"dtype": "int", "max_age": "2d"},
            "'max_age' has no effect on a column of dtype int",
            ("max_age",),
        ),
        ({"dtype": "date", "max_age": "0d"}, "'max_age' must be greater than 0", ("max_age",)),
        (
            {"dtype": "date", "severity": {"max_age": "warn"}},
            "'severity' of 'max_age' has no effect, because there is no such rule",
            ("severity", "max_age"),
        ),
        (
            {"dtype": "int", "max_null_share": 0.1},
            "'max_null_share' has no effect unless 'nullable' is true",
            ("max_null_share",),
        ),
        (
            {"dtype": "int", "severity": {"min": "warn"}},
            "'severity' of 'min' has no effect, because there is no such rule",
            ("severity", "min"),
        ),
        (
            {"dtype": "int", "max_share": {"finite": 0.1}},
            "'max_share' of 'finite' has no effect on a column of dtype int",
            ("max_share", "finite"),
        ),
        (
            {"dtype": "int", "categories": {"values": [1], "max_new_share": 0.1}},
            "'max_new_share' has no effect unless 'open' is true",
            ("categories", "max_new_share"),
        ),
        (
            {
                "dtype": "int",
                "categories": {"values": [1], "open": True, "max_new_share": 0.1},
                "max_share": {"categories": 0.2},
            },
            "'max_share' of 'categories' has no effect if they are open",
            ("max_share", "categories"),
        ),
        (
            {"dtype": "int", "categories": {"values": [1, "a"], "open": True}},
            "category 'a' is not of dtype int",
            ("categories", "values", 1),
        ),
        ({"dtype": "int", "categories": [1, "a"]}, "category 'a' is not of dtype int", ("categories", 1)),
        ({"dtype": "int", "categories": [1.5]}, "category 1.5 is not of dtype int", ("categories", 0)),
        ({"dtype": "int", "categories": [True]}, "category true is not of dtype int", ("categories", 0)),
        ({"dtype": "int", "categories": [2**63]}, f"category {2**63} is not of dtype int", ("categories", 0)),
        ({"dtype": "string", "categories": ["a", 1]}, "category 1 is not of dtype string", ("categories", 1)),
        ({"dtype": "bool", "categories": [1]}, "category 1 is not of dtype bool", ("categories", 0)),
        ({"dtype": "int", "categories": [1, 2, 1.0]}, "category 1.0 is listed twice", ("categories", 2)),
        ({"dtype": "string", "categories": ["a", "a"]}, "category 'a' is listed twice", ("categories", 1)),
        (
            {"dtype": "string", "categories": ["a", "b\0"]},
            "category 'b\0' contains the character U+0000, which ends a string in an artifact",
            ("categories", 1),
        ),
        (
            {"dtype": "string", "categories": ["a", ""]},
            "an empty string is a missing value here, so it cannot be a category",
            ("categories", 1),
        ),
        (
            {"dtype": "string", "empty_is_null": False, "null_token": "-", "categories": ["-"]},
            "category '-' is the 'null_token', which is a missing value",
            ("categories", 0),
        ),
    ],
)
def test_what_a_column_cannot_be_is_told(
    column: dict[str, Any], message: str, at: tuple[str | int, ...]
) -> None:
    assert problems(**column) == [(message, at)]


def test_all_problems_of_a_column_are_told_together() -> None:
    found = problems(dtype="string", min=1, max=0, finite=False, categories=[1, 2])
    assert [at for _, at in found] == [("min",), ("max",), ("finite",), ("categories", 0), ("categories", 1)]


def test_a_category_that_yaml_reads_as_a_number_gets_a_hint() -> None:
    (problem,) = read(COLUMN, {"dtype": "string", "categories": [9]}).check()
    assert problem.help == "put it in quotes"


def test_rules_are_what_rows_can_break() -> None:
    told = {"dtype": "int", "categories": [2.0, 1], "serving": False, "description": "how many"}
    bare = contract({"n": {"dtype": "int", "categories": [2, 1]}}, unique=["n"]).rules()
    found = contract({"n": told}, unique=["n"], description="a row").rules()
    assert json.dumps(found.to_json()) == json.dumps(bare.to_json())
    assert StatedRules.from_json(found.to_json()) == bare
    more: dict[str, Any] = {"severity": {"min": "warn", "finite": "error"}, "max_share": {"max": 0.1}}
    made = contract({"x": {"dtype": "float", "min": 0, "max": 1, **more}}, unique=["x"]).rules()
    assert made.to_json() == {
        "columns": {
            "x": {
                "dtype": "float",
                "nullable": False,
                "min": 0,
                "exclusive_min": False,
                "max": 1,
                "exclusive_max": False,
                "finite": True,
                "severity": {"min": "warn"},
                "max_share": {"max": 0.1},
            }
        },
        "unique": ["x"],
    }
    assert StatedRules.from_json(made.to_json()) == made


def test_the_table_s_unique_names_columns_of_the_contract() -> None:
    odd = contract({"origin": "string", "dest": "string"}, unique=["origin", "orgin", "origin"])
    assert [(p.message, p.at, p.help) for p in odd.check()] == [
        ("unknown column 'orgin'", ("unique", 1), "did you mean 'origin'?"),
        ("column 'origin' is listed twice", ("unique", 2), None),
    ]


def test_the_severity_of_a_table_s_rule_needs_the_rule() -> None:
    assert told(contract({"a": "int"}, severity={"unique": "warn"}).check()) == [
        ("'severity' of 'unique' has no effect, because there is no such rule", ("severity", "unique"))
    ]
    assert told(contract({"a": "int"}, unique=["a"], max_share={"unique": 0.1}).check()) == []


@pytest.mark.parametrize("name", ["", "*", "^a.*$"])
def test_a_name_that_libraries_take_for_a_pattern_is_refused(name: str) -> None:
    assert told(contract({name: "int"}).check()) == [
        (f"'{name}' is not a valid column name", ("columns", name))
    ]


@pytest.mark.parametrize("name", ["^a", "a$", "a b", "Straße", "a.b", "x*", "-", "'", '"'])
def test_other_names_are_any_text(name: str) -> None:
    assert told(contract({name: "int"}).check()) == []


def test_a_contract_gives_the_table_of_its_source() -> None:
    columns = {
        "carrier": {"dtype": "string", "categories": ["UA", "9E"]},
        "hour": {"dtype": "int", "nullable": True, "categories": [1.0, 2]},
        "delay": {"dtype": "float", "serving": False, "unique": True},
        "note": {"dtype": "string", "empty_is_null": False},
        "gate": {"dtype": "string", "empty_is_null": False, "nullable": True, "null_token": "-"},
    }
    table = contract(columns, unique=["carrier", "hour"]).table("flights.csv", ("contracts", "flight"))
    assert {name: str(type_) for name, type_ in table.served.items()} == {
        "carrier": "string",
        "hour": "int, nullable",
        "delay": "float",
        "note": "string",
        "gate": "string, nullable",
    }
    assert table.served == table.trained
    assert table.served["carrier"].categories == ("UA", "9E")
    assert [type(value) for value in table.served["hour"].categories or ()] == [int, int]
    assert [column.null_token for column in table.columns.values()] == ["", "", "", None, "-"]
    assert table.promises() == [("carrier", "hour"), ("delay",)]
    assert table.afterwards == (table.columns["delay"].node,)
    node = table.columns["carrier"].node
    assert node.datum == ("flights.csv", "carrier")
    assert node.note() == ("'carrier' is declared here", ("contracts", "flight", "columns", "carrier"))


def test_what_is_written_out_means_the_same_as_what_is_not() -> None:
    short = contract({"a": "int", "b": {"dtype": "float", "min": 0.0}})
    long = contract(
        {"a": {"dtype": "int", "nullable": False, "serving": True}, "b": {"dtype": "float", "min": 0}}
    )
    assert write(short) == write(long)
    assert read(CONTRACT, write(long)) == long


def test_the_schema_of_a_column_names_its_bounds_and_dtypes() -> None:
    properties = object_schema(COLUMN)["properties"]
    assert properties["min"]["type"] == ["number", "string"]
    assert properties["dtype"]["enum"] == ["bool", "int", "float", "string", "date", "datetime"]
