"""Nodes: what a column depends on, whatever its name is and whichever joins it came through."""

from __future__ import annotations

import random

from mlbuild.data.lineage import (
    Computed,
    Node,
    Raw,
    bottlenecks,
    computed_from,
    depends_on,
    first_reached,
    walk,
)
from mlbuild.data.table import Table
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


def joined(here: Table, using: str, prefix: str = "", **other: Table) -> Table:
    ((name, table),) = other.items()
    more = {"prefix": prefix} if prefix else {}
    return step(op="join", with_=name, using=using, **more).infer(here, {name: table})


def behind(here: Table, name: str, through_joins: bool = True) -> set[str]:
    """Return the names of everything that a column depends on."""
    edges = depends_on if through_joins else computed_from
    return {node.name for node in walk(here.nodes([name]), edges) if node.name}


def same(here: Table, one: str, other: str) -> bool:
    """Whether two columns contain the same datum."""
    left, right = here.nodes([one, other])
    return left.datum == right.datum


def test_a_column_depends_on_all_that_it_was_computed_from() -> None:
    here = derived(derived(FLIGHTS, gain="arr_delay - air_time"), slow="gain > distance")
    assert behind(here, "slow") == {"slow", "gain", "distance", "arr_delay", "air_time"}
    assert behind(here, "carrier") == {"carrier"}


def test_what_a_node_depends_on_comes_before_it() -> None:
    here = derived(derived(FLIGHTS, a="distance + 1"), b="a + distance", c="air_time > a")
    order = walk(here.nodes(here.columns))
    assert sorted(node.name for node in order) == sorted(here.columns)
    for node in order:
        assert all(order.index(one) < order.index(node) for one in depends_on(node))


def test_dependence_goes_on_through_a_join() -> None:
    weather = derived(table({"hour": {"dtype": "int", "unique": True}, "temp": "float"}), cold="temp < 5")
    here = derived(table({"minute": "int"}), hour="minute")
    after = derived(joined(here, "hour", weather=weather), freeze="cold AND minute > 5")
    assert behind(after, "freeze", through_joins=False) == {"freeze", "cold", "temp", "minute"}
    assert behind(after, "freeze") == {"freeze", "cold", "temp", "minute", "hour"}
    assert behind(after, "temp", through_joins=False) == {"temp"}
    assert behind(after, "temp") == {"temp", "hour", "minute"}


def test_what_comes_from_a_key_of_the_other_table_comes_from_the_key_here() -> None:
    weather = derived(table({"hour": {"dtype": "int", "unique": True}}), night="hour < 6")
    here = table({"hour": "int"})
    after = joined(here, "hour", weather=weather)
    assert after.columns["night"].node.inputs == (after.columns["hour"].node,)


def test_a_row_that_is_joined_to_itself_is_the_same_row() -> None:
    columns = {"day": {"dtype": "date", "unique": True}, "x": "float", "y": "float"}
    here, again = table(columns, file="rows"), table(columns, file="rows")
    after = joined(here, "day", prefix="same_", again=derived(again, z="x + y"))
    assert same(after, "x", "same_x")
    assert not same(after, "x", "same_y")
    assert behind(after, "same_z") == {"z", "x", "y", "day"}
    assert first_reached(after.nodes(["same_z"]), after.nodes(["y"]))
    other = joined(here, "day", prefix="same_", again=table(columns, file="others"))
    assert not same(other, "x", "same_x")


def test_a_row_is_itself_where_what_is_alike_tells_rows_apart() -> None:
    day = {"dtype": "date", "unique": True}
    clocks = table({"day": day, "hour": "int"}, file="clocks")
    other = joined(table({"day": day, "x": "float"}, file="rows"), "day", clocks=clocks)
    here = table({"day": "date", "hour": "int", "x": "float"}, file="rows")
    # The hours are in different files, but there is only one row per day.
    after = step(op="join", with_="other", using=["day", "hour"], prefix="its_").infer(here, {"other": other})
    assert same(after, "x", "its_x")


def test_a_row_found_twice_by_the_same_columns_is_the_same_row() -> None:
    planes = table({"tail": {"dtype": "string", "unique": True}, "seats": "int"})
    after = joined(table({"tail": "string", "next_tail": "string"}), "tail", prefix="a_", planes=planes)
    after = joined(after, "tail", prefix="b_", planes=planes)
    assert same(after, "a_seats", "b_seats")
    assert after.columns["a_seats"].node is not after.columns["b_seats"].node


def test_a_row_found_by_way_of_another_table_is_the_same_row() -> None:
    planes = table({"tail": {"dtype": "string", "unique": True}, "seats": "int"})
    tails = joined(table({"tail": {"dtype": "string", "unique": True}}), "tail", planes=planes)
    after = joined(table({"tail": "string"}), "tail", prefix="a_", planes=planes)
    after = joined(after, "tail", prefix="b_", tails=tails)
    assert same(after, "a_seats", "b_seats")


def test_what_a_node_comes_from_alone() -> None:
    here = derived(FLIGHTS, hours="distance / 800", half="distance / 2")
    here = derived(here, late="hours > half", mixed="hours + air_time")
    here = derived(here, flag="late IS NULL", both="mixed > 3 OR late")
    names = {
        name: [node.name for node in bottlenecks(here.columns[name].node)]
        for name in ("flag", "both", "carrier")
    }
    assert names == {"flag": ["flag", "late", "distance"], "both": ["both"], "carrier": ["carrier"]}


def test_long_chains_have_no_limit() -> None:
    here = FLIGHTS
    for number in range(1200):
        here = derived(here, **{f"x{number}": f"x{number - 1} + 1" if number else "distance + 1"})
    end = here.nodes(["x1199"])
    assert len(walk(end)) == 1201
    assert len(bottlenecks(end[0])) == 1201
    other = joined(table({"carrier": "string"}), "carrier", rows=unique(here, "carrier"))
    assert behind(other, "x1199") == {"carrier", "distance", *(f"x{number}" for number in range(1200))}


def test_long_ways_through_joins_have_no_limit() -> None:
    here = table({"k": {"dtype": "int", "unique": True}, "x0": "float"})
    for number in range(1, 200):
        start = table({"k": {"dtype": "int", "unique": True}, f"x{number}": "float"})
        here = joined(start, "k", prefix="o", other=here)
    assert len(here.columns) == 201
    # Each table on the path has its key, and what the key found.
    assert len(walk(here.nodes(["o" * 199 + "x0"]))) < 3 * 200


def unique(here: Table, name: str) -> Table:
    """Return the table as if its contract promised that a column is unique."""
    return Table(here.columns, (tuple(here.nodes([name])),))


def test_the_first_node_that_each_reaches() -> None:
    chance = random.Random(seed())
    for _ in range(examples(300, 20_000)):
        nodes: list[Node] = []
        for number in range(9):
            inputs = tuple(chance.sample(nodes, min(len(nodes), chance.choice([0, 1, 2]))))
            match = chance.choice([None, *nodes])
            same = Raw(f"c{chance.randrange(6)}", (), inputs, match, file="rows")
            nodes.append(same if chance.random() < 0.5 else Node(f"n{number}", (), inputs, match))
        wanted = chance.sample(nodes, chance.randrange(4))
        edges = chance.choice([depends_on, computed_from])
        found = first_reached(nodes, wanted, edges)
        for node in nodes:
            data = {one.datum for one in walk([node], edges)}
            assert found.get(node) == next((one for one in wanted if one.datum in data), None)


def test_an_expression_stands_by_the_names_that_its_inputs_had() -> None:
    node = derived(FLIGHTS, speed="distance / air_time").columns["speed"].node
    assert isinstance(node, Computed)
    assert node.expression.names == ("distance", "air_time")
    assert node.inputs == tuple(FLIGHTS.nodes(["distance", "air_time"]))
