from __future__ import annotations

from datetime import datetime
from typing import Any

import polars as pl
import pytest

from mlbuild.data.faults import failure_lines
from mlbuild.data.serving import sendable, serving
from mlbuild.diagnostics import Failed
from tests.data.tables import failure_of, rejected, reported, run, step, table, told

HOURS = [datetime(2013, 1, 1, hour) for hour in range(3)]
FLIGHTS = table({"time_hour": "datetime", "origin": "string", "flight": "int"})
WEATHER = table(
    {
        "origin": "string",
        "time_hour": "datetime",
        "temp": "float",
        "wind": {"dtype": "float", "nullable": True},
    },
    unique=["origin", "time_hour"],
)
ROWS = pl.DataFrame(
    {
        "time_hour": [HOURS[2], HOURS[0], HOURS[0], HOURS[1]],
        "origin": ["JFK", "EWR", "JFK", "JFK"],
        "flight": [4, 3, 2, 1],
    }
)
OBSERVED = pl.DataFrame(
    {
        "origin": ["EWR", "JFK", "JFK", "LGA"],
        "time_hour": [HOURS[0], HOURS[0], HOURS[2], HOURS[1]],
        "temp": [1.0, 2.0, 3.0, 4.0],
        "wind": [None, 0.5, 0.25, 0.0],
    }
)
ON_WEATHER = {"op": "join", "with": "weather", "using": ["origin", "time_hour"]}


def joined(rows: pl.DataFrame = ROWS, observed: pl.DataFrame = OBSERVED, **more: Any) -> pl.DataFrame:
    return run(step(**ON_WEATHER, **more), FLIGHTS, rows, weather=(WEATHER, observed))


def test_a_left_join_keeps_every_row_in_its_order() -> None:
    made = joined(how="left")
    assert made.columns == ["time_hour", "origin", "flight", "temp", "wind"]
    assert made["flight"].to_list() == [4, 3, 2, 1]
    assert made["temp"].to_list() == [3.0, 1.0, 2.0, None]
    assert made["wind"].to_list() == [0.25, None, 0.5, None]
    assert made.equals(joined())


def test_an_inner_join_drops_rows_without_a_match() -> None:
    made = joined(how="inner")
    assert made["flight"].to_list() == [4, 3, 2]
    assert made["temp"].to_list() == [3.0, 1.0, 2.0]


@pytest.mark.parametrize(
    "observed", [OBSERVED, OBSERVED.select("origin", "time_hour", "wind"), OBSERVED.clear()]
)
def test_the_rows_with_a_match_are_counted(observed: pl.DataFrame) -> None:
    there = WEATHER if "temp" in observed.columns else table(
        {"origin": "string", "time_hour": "datetime", "wind": {"dtype": "float", "nullable": True}},
        unique=["origin", "time_hour"],
    )  # fmt: skip
    for how in ("left", "inner", "semi", "anti"):
        for prefix in (None, "w_") if how in ("left", "inner") else (None,):
            joins = step(**ON_WEATHER, how=how, prefix=prefix)
            _, report = reported(joins, FLIGHTS, ROWS, weather=(there, observed))
            assert report["matched"] == (3 if observed.height else 0)


def test_missing_keys_agree_with_nothing_not_even_with_each_other() -> None:
    here = table({"k": {"dtype": "int", "nullable": True}})
    there = table({"k": {"dtype": "int", "nullable": True}, "v": "int"}, unique=["k"])
    rows, other = pl.DataFrame({"k": [None, 1, None]}), pl.DataFrame({"k": [None, None, 1], "v": [7, 8, 9]})
    made = {
        how: run(step(op="join", with_="b", using="k", how=how), here, rows, b=(there, other))
        for how in ("left", "inner")
    }
    assert made["left"].rows() == [(None, None), (1, 9), (None, None)]
    assert made["inner"].rows() == [(1, 9)]


def test_a_prefix_stands_before_added_columns_but_not_before_keys() -> None:
    assert joined(prefix="w_").columns == ["time_hour", "origin", "flight", "w_temp", "w_wind"]
    after = step(**ON_WEATHER, prefix="w_").infer(FLIGHTS, {"weather": WEATHER})
    assert list(after.columns) == ["time_hour", "origin", "flight", "w_temp", "w_wind"]


def test_joins_of_empty_tables_have_all_columns() -> None:
    assert joined(ROWS.clear()).columns == ["time_hour", "origin", "flight", "temp", "wind"]
    assert joined(observed=OBSERVED.clear())["temp"].to_list() == [None] * 4


def test_what_a_left_join_adds_can_be_missing() -> None:
    after = step(**ON_WEATHER).infer(FLIGHTS, {"weather": WEATHER})
    assert str(after.served["temp"]) == str(after.trained["temp"]) == "float, nullable"
    assert str(after.served["origin"]) == "string"
    inner = step(**ON_WEATHER, how="inner").infer(FLIGHTS, {"weather": WEATHER})
    assert [str(inner.served[name]) for name in ("temp", "wind")] == ["float", "float, nullable"]


def test_after_an_inner_join_no_row_for_training_misses_a_key() -> None:
    here = table({"k": {"dtype": "int", "nullable": True}})
    after = step(op="join", with_="b", using="k", how="inner").infer(
        here, {"b": table({"k": "int"}, unique=["k"])}
    )
    assert str(after.trained["k"]) == "int"
    assert str(after.served["k"]) == "int, nullable"


def test_rows_stay_unique_in_what_they_were() -> None:
    here = table({"origin": "string", "time_hour": "datetime", "flight": {"dtype": "int", "unique": True}})
    after = step(**ON_WEATHER).infer(here, {"weather": WEATHER})
    assert after.promises() == [("flight",)]


def test_the_other_table_must_be_unique_within_the_keys() -> None:
    loose = table({"origin": "string", "time_hour": "datetime", "temp": "float"})
    (problem,) = rejected(step(**ON_WEATHER), FLIGHTS, weather=loose)
    assert problem.message == (
        "a row could match several rows of 'weather': it is not declared unique in [origin, time_hour]"
    )
    assert problem.help == "add 'unique: [origin, time_hour]' to the contract of 'weather'"
    assert problem.at == ("with",)


@pytest.mark.parametrize("unique", [["origin"], ["time_hour"], ["time_hour", "origin"]])
def test_unique_in_some_of_the_keys_is_enough(unique: list[str]) -> None:
    there = table({"origin": "string", "time_hour": "datetime", "temp": "float"}, unique=unique)
    assert "temp" in step(**ON_WEATHER).infer(FLIGHTS, {"weather": there}).columns


def test_unique_in_more_than_the_keys_is_not_enough() -> None:
    (problem,) = rejected(
        step(op="join", with_="weather", using="origin", prefix="w_"), FLIGHTS, weather=WEATHER
    )
    assert problem.code == "not-unique"


def test_one_to_one_asks_the_same_of_the_rows_here() -> None:
    one_to_one = step(**ON_WEATHER, cardinality="one_to_one")
    (problem,) = rejected(one_to_one, FLIGHTS, weather=WEATHER)
    assert problem.message == (
        "the join may not be one-to-one: this table is not declared unique in [origin, time_hour]"
    )
    assert problem.help == (
        "add 'unique: [origin, time_hour]' to the contract of the source that the dataset starts from, or use many_to_one"
    )
    assert problem.at == ("cardinality",)


def test_repeated_keys_in_the_data_of_the_other_table_are_a_failure() -> None:
    with pytest.raises(Failed) as caught:
        joined(observed=OBSERVED.with_columns(origin=pl.lit("JFK"), time_hour=pl.lit(HOURS[0])))
    failure = failure_of(caught)
    assert failure.kind == "data"
    assert failure.message == "the join using [origin, time_hour] finds several matches for a row"
    (line,) = failure_lines(failure)
    assert line.startswith(
        "columns 'origin', 'time_hour' violate 'unique [origin, time_hour]' in 4 rows: "
        "['JFK', '2013-01-01T00:00:00'] (row 1), "
    )


def test_repeated_keys_here_are_a_failure_of_one_to_one_only() -> None:
    twice = pl.concat([ROWS, ROWS[:1]])
    assert joined(twice).height == 5
    with pytest.raises(Failed, match=r"^the join using \[origin, time_hour\] is not one-to-one$"):
        joined(twice, cardinality="one_to_one")


def test_keys_must_exist_on_both_sides_with_the_same_dtype() -> None:
    here = table({"a": "int", "b": "int", "hour": "int", "x": "int"})
    there = table({"a": "int", "b": "string", "hours": "int"}, unique=["a"])
    problems = rejected(step(op="join", with_="other", using=["a", "b", "hour", "z"]), here, other=there)
    assert [(p.message, p.at, p.help) for p in problems] == [
        (
            "'b' is of dtype int here, but of dtype string in 'other'",
            ("using", 1),
            "declare the same dtype in both contracts",
        ),
        ("'other' has no column 'hour'", ("using", 2), "did you mean 'hours'?"),
        ("unknown column 'z'", ("using", 3), "available columns: a, b, hour, x"),
    ]


def test_a_second_column_of_a_name_is_refused_with_a_prefix_to_set() -> None:
    there = table({"origin": {"dtype": "string", "unique": True}, "flight": "int"})
    (problem,) = rejected(step(op="join", with_="airports", using="origin"), FLIGHTS, airports=there)
    assert (problem.message, problem.at) == ("'airports' would add a second column 'flight'", ("with",))
    assert problem.help == "add a 'prefix' to tell them apart, such as 'airports_'"
    again = step(op="join", with_="airports", using="origin", prefix="f")
    (problem,) = rejected(again, table({"origin": "string", "fflight": "int"}), airports=there)
    assert (problem.message, problem.at) == ("'airports' would add a second column 'fflight'", ("prefix",))


def test_a_prefix_that_no_column_gets_is_refused() -> None:
    there = table({"origin": {"dtype": "string", "unique": True}})
    problems = rejected(
        step(op="join", with_="airports", using="origin", prefix="a_"), FLIGHTS, airports=there
    )
    assert told(problems) == [
        ("'prefix' has no effect: 'airports' has no columns other than the keys", ("prefix",))
    ]


def test_a_text_that_a_join_can_miss_needs_a_token_where_every_text_is_a_value() -> None:
    airports = {
        "origin": {"dtype": "string", "unique": True},
        "tz": {"dtype": "string", "empty_is_null": False},
    }
    to_airports = {"op": "join", "with": "airports", "using": "origin"}
    (problem,) = rejected(step(**to_airports), FLIGHTS, airports=table(airports))
    assert (
        problem.message
        == "'tz' of 'airports' can have missing values after this join, but no string represents a missing value"
    )
    assert problem.help == "add a 'null_token' to column 'tz' in the contract"
    assert "tz" in step(**to_airports, how="inner").infer(FLIGHTS, {"airports": table(airports)}).columns
    airports["tz"] = {"dtype": "string", "empty_is_null": False, "null_token": "-"}
    after = step(**to_airports).infer(FLIGHTS, {"airports": table(airports)})
    assert after.columns["tz"].null_token == "-"


def test_a_derived_text_cannot_come_over_a_left_join() -> None:
    airports = table({"origin": {"dtype": "string", "unique": True}, "tz": "int"})
    zoned = step(op="derive", columns={"zone": "CASE WHEN tz > 0 THEN 'east' ELSE 'west' END"}).infer(
        airports, {}
    )
    (problem,) = rejected(step(op="join", with_="airports", using="origin"), FLIGHTS, airports=zoned)
    assert problem.help == "derive it after the join"


def test_what_was_derived_before_a_join_is_a_raw_column_behind_it() -> None:
    derived = step(op="derive", columns={"cold": "COALESCE(temp, 0) < 5"}).infer(WEATHER, {})
    after = step(**ON_WEATHER, prefix="w_").infer(FLIGHTS, {"weather": derived})
    way = serving(after, ["w_cold"])
    assert ([one.name for one in way.inputs], way.derived) == (["w_cold"], {})
    assert after.columns["w_cold"].node.inputs == (after.columns["w_temp"].node,)


def test_what_hangs_on_a_column_that_is_known_only_afterwards_is_itself() -> None:
    afterwards = {"dtype": "float", "serving": False}
    weather = table({"origin": {"dtype": "string", "unique": True}, "damage": afterwards, "temp": "float"})
    derived = step(op="derive", columns={"bad": "damage > 5", "warm": "temp > 5"}).infer(weather, {})
    after = step(op="join", with_="weather", using="origin").infer(FLIGHTS, {"weather": derived})
    assert sendable(after) == ["time_hour", "origin", "flight", "temp", "warm"]
    late = table({"origin": {"dtype": "string", "serving": False}})
    after = step(op="join", with_="weather", using="origin").infer(late, {"weather": derived})
    assert sendable(after) == []


def test_a_join_is_canonical_without_the_names_of_tables() -> None:
    canonical = step(**ON_WEATHER).canonical(FLIGHTS, {"weather": "t1"})
    assert canonical == {
        "op": "join",
        "with": "t1",
        "on": {"origin": "origin", "time_hour": "time_hour"},
        "how": "left",
        "cardinality": "many_to_one",
    }


CUSTOMERS = table({"id": {"dtype": "int", "unique": True}, "name": "string", "city": "string"})
ORDERS = table({"order": {"dtype": "int", "unique": True}, "customer": {"dtype": "int", "nullable": True}})
ORDERED = pl.DataFrame({"order": [3, 1, 2, 4], "customer": [7, None, 8, 7]})
KNOWN = pl.DataFrame({"id": [7, 9], "name": ["Ada", "Bob"], "city": ["Rome", "Bonn"]})


def ordered(**more: Any) -> pl.DataFrame:
    to_customers = step(op="join", with_="customers", on={"customer": "id"}, **more)
    return run(to_customers, ORDERS, ORDERED, customers=(CUSTOMERS, KNOWN))


def test_keys_can_have_other_names_in_the_other_table() -> None:
    made = ordered(prefix="c_")
    assert made.columns == ["order", "customer", "c_name", "c_city"]
    assert made.rows() == [
        (3, 7, "Ada", "Rome"),
        (1, None, None, None),
        (2, 8, None, None),
        (4, 7, "Ada", "Rome"),
    ]
    assert ordered(how="inner").rows() == [(3, 7, "Ada", "Rome"), (4, 7, "Ada", "Rome")]


def test_a_key_of_the_other_table_may_have_the_name_of_another_column_here() -> None:
    here = table({"id": "int", "boss": {"dtype": "int", "nullable": True}})
    rows = pl.DataFrame({"id": [1, 2, 3], "boss": [None, 1, 1]})
    there = table({"id": {"dtype": "int", "unique": True}, "boss": {"dtype": "int", "nullable": True}})
    made = run(
        step(op="join", with_="staff", on={"boss": "id"}, prefix="their_"), here, rows, staff=(there, rows)
    )
    assert made.rows() == [(1, None, None), (2, 1, None), (3, 1, None)]
    assert made.columns == ["id", "boss", "their_boss"]


def test_a_semi_join_keeps_rows_with_a_match_and_an_anti_join_the_others() -> None:
    assert ordered(how="semi").rows() == [(3, 7), (4, 7)]
    # A missing value matches nothing, so its row has no match.
    assert ordered(how="anti").rows() == [(1, None), (2, 8)]


def test_the_other_table_of_a_semi_join_need_not_be_unique() -> None:
    there = table({"id": "int", "order": "string"})
    twice = pl.DataFrame({"id": [7, 7, 8], "order": ["a", "b", "c"]})
    for how, kept in {"semi": [3, 2, 4], "anti": [1]}.items():
        only = step(op="join", with_="visits", on={"customer": "id"}, how=how)
        after = only.infer(ORDERS, {"visits": there})
        assert [*after.columns] == ["order", "customer"] and after.promises() == [("order",)]
        assert str(after.trained["customer"]) == ("int" if how == "semi" else "int, nullable")
        assert run(only, ORDERS, ORDERED, visits=(there, twice))["order"].to_list() == kept


def test_what_a_semi_join_decides_is_known_when_its_rows_are_joined() -> None:
    late = table({"id": "int", "churned": {"dtype": "bool", "serving": False}})
    churned = step(op="filter", where="churned").infer(late, {})
    stayed = step(op="join", with_="churned", on={"customer": "id"}, how="anti").infer(
        ORDERS, {"churned": churned}
    )
    here = table({"order": "int"})
    after = step(op="join", with_="stayed", using="order").infer(here, {"stayed": stayed})
    assert sendable(after) == ["order"]


def test_bad_keys_of_other_names() -> None:
    here, there = (
        table({"customer": "int", "day": "date"}),
        table({"id": "string", "n": "int"}, unique=["id"]),
    )
    join = {"op": "join", "with": "customers"}
    problems = rejected(step(**join, on={"customer": "id", "cust": "n", "day": "ids"}), here, customers=there)
    assert [(p.message, p.at, p.on, p.help) for p in problems] == [
        (
            "'customer' is of dtype int, but 'id' of 'customers' is of dtype string",
            ("on", "customer"),
            "value",
            "declare the same dtype in both contracts",
        ),
        ("unknown column 'cust'", ("on", "cust"), "key", "did you mean 'customer'?"),
        ("'customers' has no column 'ids'", ("on", "day"), "value", "did you mean 'id'?"),
    ]
    loose = step(**join, on={"customer": "n"}, cardinality="one_to_one")
    assert [(p.message, p.help) for p in rejected(loose, here, customers=there)] == [
        (
            "a row could match several rows of 'customers': it is not declared unique in [n]",
            "add 'unique: [n]' to the contract of 'customers'",
        ),
        (
            "the join may not be one-to-one: this table is not declared unique in [customer]",
            "add 'unique: [customer]' to the contract of the source that the dataset starts from, or use many_to_one",
        ),
    ]


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        ({}, ("a join needs 'using' or 'on'", ())),
        ({"using": ["a"], "on": {"a": "b"}}, ("a join has either 'using' or 'on', not both", ("on",))),
        ({"on": {"a": "c", "b": "c"}}, ("'a' and 'b' are both joined on 'c'", ("on", "b"))),
        ({"using": "a", "how": "anti", "prefix": "x_"},
         ("'prefix' has no effect: a join with 'how: anti' adds no columns", ("prefix",))),
        ({"using": "a", "how": "semi", "cardinality": "one_to_one"},
         ("'cardinality' has no effect on a join with 'how: semi'", ("cardinality",))),
    ],
)  # fmt: skip
def test_keys_that_contradict_each_other(keys: dict[str, Any], problem: tuple[str, Any]) -> None:
    assert told(step(op="join", with_="other", **keys).check()) == [problem]


def test_repeated_keys_of_another_name_are_named_by_both_names() -> None:
    there = pl.concat([KNOWN, KNOWN])
    join = step(op="join", with_="customers", on={"customer": "id"})
    with pytest.raises(Failed, match=r"^the join on \[customer = id\] finds several matches for a row$"):
        run(join, ORDERS, ORDERED, customers=(CUSTOMERS, there))


def test_what_is_found_by_a_key_that_the_other_table_knows_only_afterwards() -> None:
    late = {"dtype": "string", "unique": True, "serving": False}
    weather = table({"origin": late, "temp": "float"})
    after = step(op="join", with_="weather", using="origin").infer(FLIGHTS, {"weather": weather})
    assert sendable(after) == ["time_hour", "origin", "flight"]
