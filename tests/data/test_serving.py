"""The serving boundary: what a client sends for features, and how they are computed from it."""

from __future__ import annotations

from typing import Any

from mlbuild.data.serving import Serving, kept, sendable, serving
from mlbuild.data.table import Table
from tests.data.tables import step, table
from tests.data.test_lineage import FLIGHTS, derived


def sent(way: Serving) -> list[str]:
    return [one.name for one in way.inputs]


def test_an_artifact_takes_raw_columns_and_computes_derived_ones_in_order() -> None:
    here = derived(FLIGHTS, speed="distance / air_time", late="arr_delay > 15")
    here = derived(here, fast="speed > 8", odd="carrier = 'AA'")
    here = derived(here, both="fast AND odd")
    way = serving(here, ["both", "speed"])
    assert sent(way) == ["distance", "air_time", "carrier"]
    assert [*way.derived] == ["speed", "fast", "odd", "both"]
    assert way.values == {"both": "both", "speed": "speed"}
    assert sent(serving(here, ["air_time", "carrier"])) == ["air_time", "carrier"]
    assert serving(here, []) == Serving((), {}, {})


def test_a_joined_column_is_sent_whatever_gave_it_in_the_other_table() -> None:
    weather = derived(table({"hour": {"dtype": "int", "unique": True}, "temp": "float"}), cold="temp < 5")
    here = derived(table({"minute": "int"}), hour="minute")
    after = step(op="join", with_="weather", using="hour").infer(here, {"weather": weather})
    after = derived(after, freeze="cold AND minute > 5")
    way = serving(after, ["freeze"])
    assert (sent(way), [*way.derived]) == (["cold", "minute"], ["freeze"])


def test_what_depends_on_what_is_known_afterwards_cannot_be_sent() -> None:
    here = derived(derived(FLIGHTS, late="arr_delay > 15", far="distance > 9"), both="late AND far")
    assert sendable(here) == ["carrier", "distance", "air_time", "far"]


def through(*steps: dict[str, Any], here: Table = FLIGHTS, **others: Table) -> Table:
    """Return the table after some steps."""
    for index, one in enumerate(steps):
        here = step(**one).infer(here, others, ("steps", index))
    return here


def test_a_dropped_column_is_sent_under_its_last_name() -> None:
    after = through(
        {"op": "derive", "columns": {"speed": "distance / air_time"}},
        {"op": "rename", "columns": {"distance": "miles"}},
        {"op": "select", "columns": {"except": ["miles", "carrier"]}},
        {"op": "rename", "columns": {"air_time": "minutes", "speed": "pace"}},
    )
    way = serving(after, ["pace"])
    assert sent(way) == ["miles", "minutes"]
    assert [one.dropped.step if one.dropped else None for one in way.inputs] == [("steps", 2), None]
    assert way.derived == {"pace": ("/", ("column", "miles", "float"), ("column", "minutes", "float"))}
    assert way.values == {"pace": "pace"}
    assert [one.name for one in kept(after)] == ["miles"]


def test_a_column_can_be_replaced_by_what_is_computed_of_it() -> None:
    after = through(
        {"op": "derive", "columns": {"log_distance": "LN(distance)"}},
        {"op": "select", "columns": {"except": "distance"}},
        {"op": "rename", "columns": {"log_distance": "distance"}},
    )
    way = serving(after, ["distance", "carrier"])
    assert sent(way) == ["distance", "carrier"]
    assert way.values == {"distance": "distance'", "carrier": "carrier"}
    assert way.derived == {"distance'": ("ln", ("column", "distance", "float"))}


def test_two_inputs_of_one_name_clash() -> None:
    after = through(
        {"op": "derive", "columns": {"far": "distance > 9"}},
        {"op": "select", "columns": {"except": "distance"}},
        {"op": "rename", "columns": {"air_time": "distance"}},
    )
    assert serving(after, ["carrier", "distance"]).clash() is None
    clash = serving(after, ["distance", "far"]).clash()
    assert clash is not None
    assert [one.column.node.name for one in clash] == ["air_time", "distance"]


def test_what_nobody_needs_is_not_kept() -> None:
    steps: list[dict[str, Any]] = [
        {"op": "derive", "columns": {"far": "distance > 9", "late": "arr_delay > 15"}},
        {"op": "select", "columns": ["far", "late"]},
    ]
    after = through(*steps)
    assert [one.name for one in after.dropped] == ["carrier", "distance", "air_time", "arr_delay"]
    assert [one.name for one in kept(after)] == ["distance"]
    assert kept(through(*steps, {"op": "select", "columns": "late"})) == []


def test_what_a_dropped_key_found_is_sent_without_the_key() -> None:
    planes = table({"carrier": {"dtype": "string", "unique": True}, "seats": "int"})
    after = through(
        {"op": "join", "with": "planes", "using": "carrier"},
        {"op": "derive", "columns": {"big": "seats > 200"}},
        {"op": "select", "columns": ["big"]},
        planes=planes,
    )
    assert sent(serving(after, ["big"])) == ["seats"]
    assert [one.name for one in kept(after)] == ["seats"]
