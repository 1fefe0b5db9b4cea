from __future__ import annotations

import json

import polars as pl
import pytest

from tests.data.tables import rejected, run, step, table, told

FLIGHTS = table(
    {
        "distance": "float",
        "arr_delay": {"dtype": "float", "nullable": True, "serving": False},
        "origin": {"dtype": "string", "nullable": True},
    }
)
ROWS = pl.DataFrame(
    {
        "distance": [100.0, 200.0, 300.0, 0.0],
        "arr_delay": [20.0, None, 10.0, 16.0],
        "origin": ["JFK", "EWR", None, "JFK"],
    }
)


def test_a_filter_keeps_rows_for_which_it_is_true() -> None:
    made = run(step(op="filter", where="arr_delay > 15"), FLIGHTS, ROWS)
    assert made["distance"].to_list() == [100.0, 0.0]
    made = run(step(op="filter", where="NOT (origin = 'JFK')"), FLIGHTS, ROWS)
    assert made["distance"].to_list() == [200.0]
    assert run(step(op="filter", where="distance < 0"), FLIGHTS, ROWS).is_empty()


def test_a_filter_is_known_in_training_only() -> None:
    after = step(op="filter", where="arr_delay IS NOT NULL AND distance > 0").infer(FLIGHTS, {})
    assert str(after.trained["arr_delay"]) == "float"
    assert str(after.served["arr_delay"]) == "float, nullable"
    assert str(after.trained["origin"]) == "string, nullable"


def test_rows_stay_unique_when_some_are_left_out() -> None:
    here = table({"id": "int", "x": "int"}, unique=["id"])
    assert step(op="filter", where="x > 1").infer(here, {}).promises() == [("id",)]
    assert step(op="derive", columns={"y": "x + 1"}).infer(here, {}).promises() == [("id",)]


def test_a_filter_that_is_no_condition_is_refused() -> None:
    assert told(rejected(step(op="filter", where="distance * 2"), FLIGHTS)) == [
        ("a filter needs a condition of dtype bool, but this is of dtype float", ("where",))
    ]


def test_mistakes_in_expressions_have_their_place() -> None:
    (problem,) = rejected(step(op="filter", where="distanse > 5"), FLIGHTS)
    assert (problem.message, problem.at, problem.help) == (
        "unknown column 'distanse'",
        ("where",),
        "did you mean 'distance'?",
    )
    assert problem.offset == (0, 8)
    derive = step(op="derive", columns={"a": "distance > 5", "b": "1 + gone", "c": "origin * 2"})
    problems = rejected(derive, FLIGHTS)
    assert [problem.at for problem in problems] == [("columns", "b"), ("columns", "c")]


def test_derived_columns_are_computed_row_by_row() -> None:
    derive = step(
        op="derive", columns={"late": "arr_delay > 15", "miles": "distance * 2", "here": "origin = 'JFK'"}
    )
    made = run(derive, FLIGHTS, ROWS)
    assert made.columns == ["distance", "arr_delay", "origin", "late", "miles", "here"]
    assert made["late"].to_list() == [True, None, False, True]
    assert made["miles"].to_list() == [200.0, 400.0, 600.0, 0.0]
    assert made["here"].to_list() == [True, False, None, True]
    assert made.schema["late"] == pl.Boolean


def test_what_has_no_value_is_missing_never_nan() -> None:
    made = run(step(op="derive", columns={"x": "distance / distance"}), FLIGHTS, ROWS)
    assert made["x"].to_list() == [1.0, 1.0, 1.0, None]


@pytest.mark.parametrize("dtype", ["bool", "int", "float", "string", "date", "datetime"])
def test_a_derived_column_has_the_type_that_was_inferred(dtype: str) -> None:
    here = table({"x": dtype, "y": "int"})
    rows = pl.DataFrame([pl.Series("x", [], _TYPES[dtype]), pl.Series("y", [], pl.Int64)])
    derive = step(op="derive", columns={"copy": "x", "choice": "CASE WHEN y > 0 THEN x END"})
    after, made = derive.infer(here, {}), run(derive, here, rows)
    for name in ("copy", "choice"):
        assert after.served[name].dtype == dtype
        assert made.schema[name] == _TYPES[dtype]


_TYPES = {
    "bool": pl.Boolean(),
    "int": pl.Int64(),
    "float": pl.Float64(),
    "string": pl.String(),
    "date": pl.Date(),
    "datetime": pl.Datetime("us"),
}


def test_a_derived_column_knows_both_readings_of_what_it_reads() -> None:
    filtered = step(op="filter", where="arr_delay IS NOT NULL").infer(FLIGHTS, {})
    after = step(op="derive", columns={"late": "arr_delay > 15"}).infer(filtered, {})
    late = after.columns["late"]
    assert (str(late.served), str(late.trained)) == ("bool, nullable", "bool")
    assert late.node.inputs == (FLIGHTS.columns["arr_delay"].node,)


def test_columns_of_one_step_do_not_see_each_other() -> None:
    problems = rejected(step(op="derive", columns={"a": "distance + 1", "b": "a + 1"}), FLIGHTS)
    assert told(problems) == [("unknown column 'a'", ("columns", "b"))]


def test_a_name_keeps_its_meaning() -> None:
    (problem,) = rejected(step(op="derive", columns={"distance": "distance + 1"}), FLIGHTS)
    assert (problem.message, problem.at, problem.on) == (
        "there is already a column 'distance'",
        ("columns", "distance"),
        "key",
    )
    assert told(rejected(step(op="derive", columns={"*": "distance + 1"}), FLIGHTS)) == [
        ("'*' is not a valid column name", ("columns", "*"))
    ]


def test_spelling_does_not_enter_canonical_steps() -> None:
    one = step(op="derive", columns={"a": "distance+1", "b": "distance > 5"}).canonical(FLIGHTS, {})
    other = step(op="derive", columns={"b": "(distance > 5.0)", "a": " distance + 1.0 "}).canonical(
        FLIGHTS, {}
    )
    assert one == other
    tight = step(op="filter", where="distance>5 and origin='JFK'").canonical(FLIGHTS, {})
    assert tight == step(op="filter", where="distance > 5.0 AND origin = 'JFK'").canonical(FLIGHTS, {})


def test_canonical_steps_are_json() -> None:
    derive = step(op="derive", columns={"late": "arr_delay > 15 OR origin IN ('JFK', 'EWR')"})
    canonical = json.loads(json.dumps(derive.canonical(FLIGHTS, {}), sort_keys=True))
    made = step(**canonical).apply(ROWS, {})
    assert made["late"].to_list() == [True, True, None, True]
