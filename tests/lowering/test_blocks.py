"""Columns side by side: computed as one block where they come from the same operators, with the same bits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
import onnx
import onnxruntime as ort
import pytest

from mlbuild.lowering.blocks import joined
from mlbuild.lowering.cut import CUT, Mark, back, fed, front, marks
from mlbuild.lowering.graph import Graph, Tensor

#: Computes a column from its input and a number.
Column = Callable[[Graph, Tensor, float], Tensor]
#: How many columns a block has here.
SOME = 4
SPECIAL = (0.0, -0.0, 1.0, np.nan, np.inf, -np.inf, 5e-324, 1e300, 0.1, -7.3)


def scaled(graph: Graph, x: Tensor, number: float) -> Tensor:
    filled = graph.call("Where", graph.call("IsNaN", x), graph.constant(number), x)
    return graph.call(
        "Mul", graph.call("Sub", filled, graph.constant(number / 3)), graph.constant(1 / number)
    )


def limited(graph: Graph, x: Tensor, number: float) -> Tensor:
    low = graph.call("Less", x, graph.constant([[number]]))
    return graph.call(
        "Cast", graph.call("And", low, graph.call("Not", graph.call("IsNaN", x))), element="double", to=11
    )


def lifted(graph: Graph, x: Tensor, number: float) -> Tensor:
    return graph.call("Add", x, graph.constant(number))


def raised(graph: Graph, x: Tensor, number: float) -> Tensor:
    return graph.call("Exp", graph.call("Mul", x, graph.constant(number)))


def vector(graph: Graph, x: Tensor, number: float) -> Tensor:
    return graph.call("Mul", x, graph.constant([[number, 2.0]]))


def raw(graph: Graph, x: Tensor, number: float) -> Tensor:
    return x


def model(columns: list[Column]) -> bytes:
    """Return a model with these columns side by side as `all`, and a mark `c0`, `c1` and so on for each."""
    graph = Graph()
    made = [make(graph, graph.input(f"x{i}", "double"), 1.0 + i / 7) for i, make in enumerate(columns)]
    width = len(columns) + sum(make is vector for make in columns)
    graph.output("all", graph.call("Neg", joined(graph, made)), width)
    return graph.serialize({}, {f"c{i}": tensor for i, tensor in enumerate(made)})


def one_by_one(columns: list[Column]) -> bytes:
    graph = Graph()
    for i, make in enumerate(columns):
        made = make(graph, graph.input(f"x{i}", "double"), 1.0 + i / 7)
        graph.output(f"y{i}", graph.call("Neg", made), 2 if make is vector else 1)
    return graph.serialize({})


def run(model: bytes, feed: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    session = ort.InferenceSession(model)
    names = [value.name for value in session.get_outputs()]
    wanted = {value.name: feed[value.name] for value in session.get_inputs()}
    return dict(zip(names, session.run(None, wanted), strict=True))


def rows(columns: list[Column]) -> dict[str, np.ndarray]:
    values = np.array(SPECIAL)
    return {f"x{i}": np.roll(values, i).reshape(-1, 1) for i in range(len(columns))}


MANY = [scaled] * SOME
LAYOUTS = {
    "one kind": MANY,
    "one column": [scaled],
    "two columns of one operator": [lifted, lifted],
    "two kinds": [*MANY, *[limited] * SOME],
    "around other columns": [raw, *MANY, vector, raised, *MANY, raw],
    "kinds that are no block": [*[raw] * SOME, *[raised] * SOME, *[vector] * SOME],
}


@pytest.mark.parametrize("columns", LAYOUTS.values(), ids=LAYOUTS)
def test_a_block_has_the_bits_of_its_columns(columns: list[Column]) -> None:
    feed = rows(columns)
    apart = run(one_by_one(columns), feed)
    wanted = np.concatenate([apart[f"y{i}"] for i in range(len(columns))], axis=1)
    assert run(model(columns), feed)["all"].tobytes() == wanted.tobytes()


@pytest.mark.parametrize("columns", LAYOUTS.values(), ids=LAYOUTS)
def test_both_halves_of_a_cut_give_the_whole(columns: list[Column]) -> None:
    written, feed = model(columns), rows(columns)
    found, half = marks(written), front(written)
    computed = run(half, feed) if half else {}
    columns_of = {
        name: mark.of(computed) if CUT + mark.tensor in computed else feed[mark.tensor]
        for name, mark in found.items()
    }
    apart = run(one_by_one(columns), feed)
    for i in range(len(columns)):
        assert (-columns_of[f"c{i}"]).tobytes() == apart[f"y{i}"].tobytes()
    entries = fed(found, columns_of)
    widths = {name.removeprefix(CUT): array.shape[1] for name, array in entries.items()}
    assert run(back(written, widths), entries)["all"].tobytes() == run(written, feed)["all"].tobytes()


def test_operators_do_not_grow_with_the_columns_of_a_block() -> None:
    def ops(count: int) -> Counter[str]:
        return Counter(node.op_type for node in onnx.load_from_string(model([scaled] * count)).graph.node)

    once = ("Concat", "IsNaN", "Where", "Sub", "Mul", "Neg")
    assert ops(2) == ops(SOME) == ops(40 * SOME) == Counter(once)


def test_a_block_that_saves_nothing_is_not_made() -> None:
    """Two columns with one operator each have as many nodes as a block with what joins its inputs."""
    nodes = onnx.load_from_string(model([lifted, lifted, raw])).graph.node
    assert Counter(node.op_type for node in nodes) == Counter(["Add", "Add", "Concat", "Neg"])


def test_a_number_that_all_columns_share_is_stored_once() -> None:
    written = onnx.load_from_string(model([lambda graph, x, _: scaled(graph, x, 3.0)] * SOME))
    assert all(np.prod(tensor.dims) == 1 for tensor in written.graph.initializer)


def test_a_column_that_is_used_twice_is_in_no_block() -> None:
    graph = Graph()
    made = [scaled(graph, graph.input(f"x{i}", "double"), 1.5 + i) for i in range(SOME)]
    columns = [*made, made[0]]
    graph.output("all", joined(graph, columns), len(columns))
    written = graph.serialize({}, {f"c{i}": tensor for i, tensor in enumerate(columns)})
    found = marks(written)
    assert found["c0"] == found[f"c{SOME}"]
    feed = {f"x{i}": np.array([[float(i)]]) for i in range(SOME)}
    answer = run(written, feed)["all"]
    assert answer[0, 0] == answer[0, SOME]


def test_a_mark_in_a_block_names_its_column() -> None:
    found = marks(model([raw, *MANY]))
    assert found["c0"] == Mark("x0")
    assert [found[f"c{i + 1}"].column for i in range(SOME)] == [*range(SOME)]
    assert len({found[f"c{i + 1}"].tensor for i in range(SOME)}) == 1
