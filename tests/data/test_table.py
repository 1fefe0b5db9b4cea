from __future__ import annotations

import random

from mlbuild.columns import ColumnType
from mlbuild.data.table import Table, TableColumn, depends_on, first_behind, serving_inputs
from tests.budget import examples, seed
from tests.data.tables import step, table

FLIGHTS = table(
    {
        "carrier": "string",
        "distance": "float",
        "air_time": "float",
        "arr_delay": {"dtype": "float", "serving": False},
    }
)


def derived(here: Table, **columns: str) -> Table:
    return step(op="derive", columns=columns).infer(here, {})


def test_an_artifact_takes_raw_columns_and_computes_derived_ones_in_order() -> None:
    here = derived(FLIGHTS, speed="distance / air_time", late="arr_delay > 15")
    here = derived(here, fast="speed > 8", odd="carrier = 'AA'")
    here = derived(here, both="fast AND odd")
    assert serving_inputs(here, ["both", "speed"]) == (
        ("distance", "air_time", "carrier"),
        ("speed", "fast", "odd", "both"),
    )
    assert serving_inputs(here, ["air_time", "carrier"]) == (("air_time", "carrier"), ())
    assert serving_inputs(here, []) == ((), ())


def test_a_column_depends_on_all_that_it_was_computed_from() -> None:
    here = derived(derived(FLIGHTS, gain="arr_delay - air_time"), slow="gain > distance")
    assert depends_on(here, ["slow"]) == {"slow", "gain", "distance", "arr_delay", "air_time"}
    assert depends_on(here, ["carrier"]) == {"carrier"}


def test_dependence_goes_on_behind_a_join() -> None:
    weather = derived(table({"hour": {"dtype": "int", "unique": True}, "temp": "float"}), cold="temp < 5")
    here = derived(table({"minute": "int"}), hour="minute")
    after = step(op="join", with_="weather", using="hour").infer(here, {"weather": weather})
    after = derived(after, freeze="cold AND minute > 5")
    assert depends_on(after, ["freeze"]) == {"freeze", "cold", "temp", "minute"}
    assert depends_on(after, ["temp"]) == {"temp"}
    assert depends_on(after, ["temp"], through_joins=True) == {"temp", "hour", "minute"}
    assert serving_inputs(after, ["freeze"]) == (("cold", "minute"), ("freeze",))


def test_long_chains_have_no_limit() -> None:
    here = FLIGHTS
    for number in range(1200):
        here = derived(here, **{f"x{number}": f"x{number - 1} + 1" if number else "distance + 1"})
    assert len(depends_on(here, ["x1199"])) == 1201
    assert serving_inputs(here, ["x1199"])[0] == ("distance",)


def test_the_first_column_that_each_depends_on() -> None:
    chance = random.Random(seed())
    names = [f"c{number}" for number in range(9)]
    for _ in range(examples(300, 20_000)):
        here = chance.sample(names, 7)
        columns = {
            # What a join brings can name columns that are not here, or stand behind.
            name: TableColumn(
                ColumnType("int"),
                ColumnType("int"),
                computed_from=tuple(chance.sample(names, chance.choice([0, 1, 2]))),
                joined_on=tuple(chance.sample(names, chance.choice([0, 0, 1]))),
            )
            for name in here
        }
        wanted, joins = chance.sample(here, chance.randrange(4)), chance.random() < 0.5
        found = first_behind(Table(columns), wanted, through_joins=joins)
        for name in here:
            behind = depends_on(Table(columns), [name], through_joins=joins)
            assert found.get(name) == next((one for one in wanted if one in behind), None)


def test_tables_that_go_on_from_the_same_one_keep_apart() -> None:
    first = derived(FLIGHTS, speed="distance / air_time")
    late, early = derived(first, late="arr_delay > 15"), derived(first, early="arr_delay < 0")
    later = derived(late, both="late AND speed > 8")
    assert [*first.columns] == [*FLIGHTS.columns, "speed"]
    assert [*late.columns] == [*first.columns, "late"]
    assert [*early.columns] == [*first.columns, "early"]
    assert [*later.columns] == [*late.columns, "both"]
    assert "late" not in first.columns and "late" not in early.served and len(late.trained) == 6
    assert later.served["both"] == ColumnType("bool", nullable=True)
