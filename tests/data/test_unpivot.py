from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from mlbuild.data.lineage import bottlenecks
from mlbuild.data.serving import sendable, serving
from tests.data.tables import rejected, run, step, table, told

SALES = table(
    {
        "shop": {"dtype": "int", "unique": True},
        "q1": "float",
        "q2": {"dtype": "float", "nullable": True},
        "city": "string",
        "left": {"dtype": "float", "serving": False},
    }
)
ROWS = pl.DataFrame(
    {"shop": [7, 8], "q1": [1.0, 2.0], "q2": [None, 4.0], "city": ["a", "b"], "left": [0.0, 1.0]}
)
UNPIVOT: dict[str, Any] = {"op": "unpivot", "columns": ["q1", "q2"], "name": "quarter", "value": "sales"}


def test_each_value_becomes_a_row_next_to_the_others_of_its_row() -> None:
    made = run(step(**UNPIVOT), SALES, ROWS)
    assert made.columns == ["shop", "city", "left", "quarter", "sales"]
    assert made.drop("left").rows() == [
        (7, "a", "q1", 1.0),
        (7, "a", "q2", None),
        (8, "b", "q1", 2.0),
        (8, "b", "q2", 4.0),
    ]
    assert run(step(**UNPIVOT), SALES, ROWS.clear()).schema == made.schema


def test_the_types_and_promises_of_the_result() -> None:
    after = step(**UNPIVOT).infer(SALES, {})
    assert str(after.served["sales"]) == "float, nullable"
    assert after.served["quarter"].categories == ("q1", "q2") and not after.served["quarter"].nullable
    assert after.promises() == [("shop", "quarter")]
    assert [one.name for one in serving(after, ["sales", "quarter", "city"]).inputs] == [
        "sales",
        "quarter",
        "city",
    ]


def test_each_of_the_columns_determines_some_of_the_values() -> None:
    after = step(**UNPIVOT).infer(SALES, {})
    assert {node.name for node in bottlenecks(after.columns["sales"].node)} == {"sales", "q1", "q2"}
    late = step(**(UNPIVOT | {"columns": ["q1", "left"]})).infer(SALES, {})
    assert sendable(late) == ["shop", "q2", "city", "quarter"]


def test_what_was_computed_from_a_column_is_still_computed_from_it() -> None:
    derived = step(op="derive", columns={"double": "q1 * 2"}).infer(SALES, {})
    after = step(**UNPIVOT).infer(derived, {})
    assert [one.name for one in serving(after, ["double"]).inputs] == ["q1"]


@pytest.mark.parametrize(
    ("more", "problems"),
    [
        ({"columns": ["q1", "q3"]}, [("unknown column 'q3'", ("columns", 1))]),
        (
            {"columns": ["q1", "city"]},
            [("'q1' is of dtype float, but 'city' is of dtype string", ("columns", 1))],
        ),
        ({"name": "shop"}, [("there is already a column 'shop'", ("name",))]),
        ({"value": "*"}, [("'*' is not a valid column name", ("value",))]),
        ({"value": "q1"}, []),
    ],
)
def test_mistakes_are_each_one_problem(more: Any, problems: Any) -> None:
    made = step(**(UNPIVOT | more))
    if problems:
        assert told(rejected(made, SALES)) == problems
    else:
        assert "q1" in made.infer(SALES, {}).columns


def test_two_new_columns_need_two_names() -> None:
    assert told(step(**(UNPIVOT | {"value": "quarter"})).check()) == [
        ("'name' and 'value' are both 'quarter'", ("value",))
    ]


def test_a_missing_string_must_be_sent_in_one_way() -> None:
    dash = {"dtype": "string", "nullable": True, "empty_is_null": False, "null_token": "-"}
    here = table({"a": {"dtype": "string", "nullable": True}, "b": dash})
    (problem,) = rejected(step(op="unpivot", columns=["a", "b"]), here)
    assert problem.message == "a missing 'b' is not represented by the same string as a missing 'a'"
