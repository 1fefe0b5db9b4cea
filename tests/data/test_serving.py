"""The serving boundary: what a client sends for features, and how they follow from it."""

from __future__ import annotations

from mlbuild.data.serving import Serving, sendable, serving
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
