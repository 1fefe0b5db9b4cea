from __future__ import annotations

from typing import Any

import polars as pl

from mlbuild.data.lineage import bottlenecks
from mlbuild.data.serving import sendable, serving
from mlbuild.data.table import Table
from tests.data.tables import rejected, run, step, table, told

OLD = table(
    {"id": {"dtype": "int", "unique": True}, "name": "string", "x": {"dtype": "float", "nullable": True}}
)
NEW = table(
    {"x": "float", "id": {"dtype": "int", "unique": True}, "name": {"dtype": "string", "nullable": True}}
)
ROWS = pl.DataFrame({"id": [1, 2], "name": ["a", "b"], "x": [0.5, None]})
MORE = pl.DataFrame({"x": [1.5, 2.5], "id": [2, 3], "name": ["c", None]})


def concat(here: Table = OLD, **others: Table) -> Table:
    return step(op="concat", with_=[*others]).infer(here, others)


def test_rows_are_appended_in_the_order_of_the_tables() -> None:
    made = run(step(op="concat", with_=["new", "old"]), OLD, ROWS, new=(NEW, MORE), old=(OLD, ROWS[:1]))
    assert made.columns == ["id", "name", "x"]
    assert made.rows() == [(1, "a", 0.5), (2, "b", None), (2, "c", 1.5), (3, None, 2.5), (1, "a", 0.5)]


def test_values_can_be_missing_if_they_can_in_one_of_the_tables() -> None:
    after = concat(new=NEW)
    assert {name: str(type_) for name, type_ in after.served.items()} == {
        "id": "int",
        "name": "string, nullable",
        "x": "float, nullable",
    }
    assert after.promises() == []


def test_categories_are_those_of_all_tables_if_all_declare_them() -> None:
    def kinds(*categories: str) -> Table:
        return table({"kind": {"dtype": "string", "categories": [*categories]}})

    assert concat(kinds("a", "b"), new=kinds("c", "a")).served["kind"].categories == ("a", "b", "c")
    assert concat(kinds("a"), new=table({"kind": "string"})).served["kind"].categories is None


def test_a_concatenated_column_is_an_input_whatever_it_was_computed_from() -> None:
    double = step(op="derive", columns={"double": "x * 2"})
    after = concat(double.infer(OLD, {}), new=double.infer(NEW, {}))
    way = serving(after, ["double"])
    assert ([one.name for one in way.inputs], way.derived) == (["double"], {})
    behind = step(op="derive", columns={"double": "x * 2"}).infer(concat(new=NEW), {})
    assert [one.name for one in serving(behind, ["double"]).inputs] == ["x"]


def test_columns_of_the_same_source_stay_what_they_are() -> None:
    derived = step(op="derive", columns={"double": "x * 2"}).infer(OLD, {})
    some = step(op="filter", where="x > 3").infer(derived, {})
    after = concat(derived, some=some)
    assert after.nodes(["id", "x", "double"]) == derived.nodes(["id", "x", "double"])
    assert [one.name for one in serving(after, ["double"]).inputs] == ["x"]
    assert after.promises() == [] and str(after.trained["x"]) == "float, nullable"
    # What it was computed from is not in the rows that are appended.
    dropped = step(op="select", columns=["double"])
    after = concat(dropped.infer(derived, {}), some=dropped.infer(some, {}))
    assert [one.name for one in serving(after, ["double"]).inputs] == ["double"]


def test_what_is_known_only_afterwards_in_one_table_is_in_the_result() -> None:
    late = table({"id": "int", "name": "string", "x": {"dtype": "float", "serving": False}})
    assert sendable(concat(new=late)) == ["id", "name"]
    assert sendable(concat(late, old=OLD)) == ["id", "name"]


def test_each_table_can_give_the_target_away() -> None:
    first = step(op="derive", columns={"big": "x > 1"}).infer(OLD, {})
    raw = table({"id": "int", "name": "string", "x": "float", "big": "bool"})
    after = concat(first, raw=raw)
    (big,) = after.nodes(["big"])
    assert {node.name for node in bottlenecks(big)} == {"big", "x"}


def problems(**others: Table) -> list[tuple[Any, ...]]:
    found = rejected(step(op="concat", with_=[*others]), OLD, **others)
    return [(problem.message, problem.at, problem.help) for problem in found]


def test_tables_with_other_columns_are_refused() -> None:
    other = table({"id": "string", "nam": "string", "x": "float", "extra": "int"})
    assert problems(new=NEW, other=other) == [
        (
            "'id' is of dtype int here, but of dtype string in 'other'",
            ("with", 1),
            "declare the same dtype in both contracts",
        ),
        (
            "'other' has no column 'name', which the table before this step has",
            ("with", 1),
            "did you mean 'nam'?",
        ),
        (
            "'other' has the columns 'nam', 'extra', which the table before this step does not have",
            ("with", 1),
            "make a dataset in which the differing columns are dropped or renamed, and concatenate that dataset",
        ),
    ]


def test_a_missing_string_must_be_sent_in_one_way() -> None:
    dash = {"dtype": "string", "nullable": True, "empty_is_null": False, "null_token": "-"}
    other = table({"id": "int", "name": dash, "x": "float"})
    assert problems(other=other) == [
        (
            "'' represents a missing 'name' here, but '-' does in 'other'",
            ("with", 0),
            "declare the same 'null_token' in both contracts, or derive the column after this step",
        )
    ]
    named = step(op="derive", columns={"name": "CASE WHEN x > 3 THEN 'big' END"})
    derived = named.infer(table({"id": "int", "x": "float"}), {})
    assert (
        problems(other=derived)[0][0] == "'' represents a missing 'name' here, but no string does in 'other'"
    )
    whole = table({"id": "int", "name": {"dtype": "string", "empty_is_null": False}, "x": "float"})
    assert concat(other=whole).columns["name"].null_token is None


def test_a_concat_is_canonical_without_the_names_of_tables() -> None:
    canonical = step(op="concat", with_=["b", "a"]).canonical(OLD, {"a": "t1", "b": "t0"})
    assert canonical == {"op": "concat", "with": ["t0", "t1"]}


def test_told_problems_have_a_table_each() -> None:
    gone = table({"id": "int"})
    found = rejected(
        step(op="concat", with_=["one", "two"]), table({"id": "int", "x": "int"}), one=gone, two=gone
    )
    assert told(found) == [
        ("'one' has no column 'x', which the table before this step has", ("with", 0)),
        ("'two' has no column 'x', which the table before this step has", ("with", 1)),
    ]
